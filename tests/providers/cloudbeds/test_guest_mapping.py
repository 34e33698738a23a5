import json
from datetime import UTC, date, datetime
from typing import ClassVar

import pytest

from domain.messages import ItemKind
from domain.snapshots import GuestSnapshot
from domain.values import ABSENT, SourceVersion
from ports.errors import UnreadableMessage
from tests.providers.cloudbeds.payloads import guest, person_of, read, sample
from tests.providers.vendor_payloads import extras, hotel_context

PERSON_FIELDS = (
    "first_name",
    "last_name",
    "email",
    "phone",
    "address",
    "city",
    "region",
    "postal_code",
    "country",
    "birth_date",
    "id_document_type",
    "id_document_number",
    "notes",
    "email_opt_in",
)


class TestGuest:
    def test_maps_guest_by_id(self) -> None:
        found = person_of()
        assert (found.external_id, found.first_name, found.last_name) == ("501", "Ada", "Aalto")
        assert found.version == SourceVersion(datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC))
        assert found.birth_date == date(1980, 5, 6)
        assert found.address == "Main Street 1"
        assert found.email_opt_in is True
        assert found.merged_into is None

    def test_uses_mobile_number_without_other_phone(self) -> None:
        assert person_of().phone == "+358 1"
        assert person_of(guestPhone="+49 2").phone == "+49 2"
        assert extras(person_of(guestPhone="+49 2"))["guestCellPhone"] == '"+358 1"'

    def test_empty_text_is_null_and_missing_field_absent(self) -> None:
        assert person_of(guestEmail="").email is None
        assert person_of(guestEmail=...).email is ABSENT
        assert person_of(guestBirthDate="0000-00-00").birth_date is None

    def test_maps_merge_target(self) -> None:
        assert person_of(isMerged=True, newGuestID="502").merged_into == "502"
        assert person_of(isMerged=True, newGuestID=502).merged_into == "502"
        assert person_of(isMerged=False, newGuestID="502").merged_into is None
        assert person_of(isMerged=..., newGuestID=...).merged_into is ABSENT

    def test_clears_anonymized_guest(self) -> None:
        found = person_of(isAnonymized=True, guestDocumentNumber="P1234", taxID="T1")
        for name in PERSON_FIELDS:
            assert getattr(found, name) is None, name
        kept = json.dumps(extras(found))
        for personal in ("Ada", "Aalto", "P1234", "T1", "1980"):
            assert personal not in kept

    def test_masks_are_no_values(self) -> None:
        found = person_of(guestDocumentNumber="*****", guestEmail="*****", guestLastName=" Aalto ")
        assert (found.id_document_number, found.email) == (ABSENT, ABSENT)
        assert found.last_name == "Aalto"
        assert "*****" not in json.dumps(extras(found))

    def test_keeps_unknown_country_in_the_extras(self) -> None:
        found = person_of(guestCountry="Atlantis")
        assert (found.country, extras(found)["guestCountry"]) == (None, '"Atlantis"')

    def test_drops_reservation_fields(self) -> None:
        assert "reservationID" not in extras(person_of())

    def test_accepts_list(self) -> None:
        (item,) = read(ItemKind.GUEST, {"success": True, "data": [guest()]})
        assert item.snapshot == person_of()

    def test_rejects_missing_time(self) -> None:
        (item,) = read(ItemKind.GUEST, [guest(dateModified=...)])
        assert item.reason is not None
        assert item.reason.path == "[0].dateModified"
        assert item.external_id == "501"

    def test_rejects_single_guest_without_id(self) -> None:
        reported = {"firstName": "Ada", "lastName": "Aalto"}
        (item,) = read(ItemKind.GUEST, {"success": True, "data": reported})
        assert item.reason is not None
        assert (item.reason.code, item.reason.path) == ("missing_field", "data.guestID")

    def test_traces_every_field(self) -> None:
        (item,) = read(ItemKind.GUEST, [guest(surprise=1)], explain=True)
        field_trace = dict(item.field_trace)
        assert field_trace.keys() == {*guest(), "surprise"}
        assert field_trace["surprise"] == "extras"
        assert field_trace["guestCountry"] == "country"


class TestProfile:
    def test_id_has_a_prefix(self) -> None:
        body = sample("guest-profiles-v1.0-get-profiles-profileId__resp-200.json")
        (item,) = read(ItemKind.GUEST, body, explain=True)
        assert isinstance(item.snapshot, GuestSnapshot)
        reported = json.loads(body)
        assert item.snapshot.external_id == f"profile-{reported['id']}"
        assert item.snapshot.first_name == reported["firstName"]
        assert item.snapshot.country == reported["country"]
        assert item.snapshot.merged_into is None
        assert {path.split(".")[0] for path, _ in item.field_trace} == reported.keys()

    def test_rejects_not_found_response(self) -> None:
        body = sample("guest-profiles-v1.0-get-profiles-profileId__resp-404.json")
        with pytest.raises(UnreadableMessage):
            read(ItemKind.GUEST, body)


class TestProfileTimes:
    PROFILE: ClassVar = {
        "id": "77001",
        "organizationId": "12",
        "firstName": "Ada",
        "lastName": "Aalto",
        "email": "ada@example.com",
        "dateCreated": "2026-01-02T03:04:05+00:00",
        "dateModified": "2026-02-03T04:05:06+00:00",
    }

    def profile(self, **changes: object) -> GuestSnapshot:
        payload = {**self.PROFILE, **changes}
        (item,) = read(ItemKind.GUEST, {k: v for k, v in payload.items() if v is not ...})
        assert isinstance(item.snapshot, GuestSnapshot), item.reason
        return item.snapshot

    @pytest.mark.parametrize("modified", [..., None, "", "0000-00-00 00:00:00"])
    def test_version_is_the_creation_if_never_modified(self, modified: object) -> None:
        version = self.profile(dateModified=modified).version
        assert version == SourceVersion(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))

    def test_version_is_the_time_of_observation_without_any_time(self) -> None:
        version = self.profile(dateModified=..., dateCreated=...).version
        assert version == SourceVersion(hotel_context().observed_at)

    def test_clears_profile_anonymized_by_its_date(self) -> None:
        found = self.profile(dateAnonymized="2026-03-04T05:06:07+00:00")
        assert [getattr(found, name) for name in PERSON_FIELDS] == [None] * len(PERSON_FIELDS)
        assert found.version == SourceVersion(datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC))
        assert "Ada" not in json.dumps(extras(found))

    @pytest.mark.parametrize("unset", [None, "", "0000-00-00 00:00:00"])
    def test_keeps_profile_whose_date_is_unset(self, unset: object) -> None:
        assert self.profile(dateAnonymized=unset).email == "ada@example.com"
