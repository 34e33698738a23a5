"""Profiles to guests."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.messages import ItemKind
from domain.values import ABSENT, SourceVersion
from tests.providers.ohip.payloads import ids, read, refusal, sample
from tests.providers.vendor_payloads import OBSERVED, guest


def details(**changes: Any) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "customer": {
            "personName": [
                {"givenName": "エイダ", "nameType": "Alternate"},
                {"givenName": "Ada", "surname": "Aalto", "nameTitle": "Dr", "nameType": "PRIMARY"},
            ],
            "language": "EN",
            "nationality": "FI",
            "birthDate": "1990-05-17",
            "vipStatus": "2",
        },
        "profileType": "Guest",
        "lastModifyDateTime": "2026-02-03 04:05:06.0",
    }
    payload.update(changes)
    return {key: value for key, value in payload.items() if value is not ...}


def profile_payload(**changes: Any) -> dict[str, Any]:
    return {
        "profileIdList": ids(CorporateId="1", Profile="7001"),
        "profileDetails": details(**changes),
    }


class TestProfile:
    def test_maps_all_shapes(self) -> None:
        listed = {"profileIdList": ids(Profile="7001"), "profile": details()}
        of_guests = {"guestIdList": ids(Profile="7001"), "guestDetails": details()}
        bodies = [profile_payload(), of_guests, {"profiles": {"profileInfo": [listed]}}, [listed]]
        found = [guest(item) for body in bodies for item in read(ItemKind.GUEST, body)]
        assert [one.external_id for one in found] == ["7001"] * 4
        for one in found:
            assert (one.title, one.first_name, one.last_name) == ("Dr", "Ada", "Aalto")
            assert one.birth_date == date(1990, 5, 17)
            assert (one.language, one.nationality, one.vip) == ("EN", "FI", True)
            assert one.version == SourceVersion(datetime(2026, 2, 3, 3, 5, 6, tzinfo=UTC))

    def test_missing_field_is_absent(self) -> None:
        (item,) = read(ItemKind.GUEST, profile_payload(customer={}, lastModifyDateTime=...))
        found = guest(item)
        payload = {name for name in found.__slots__ if getattr(found, name) is not ABSENT}
        assert payload == {"external_id", "version", "deleted", "extras"}
        assert found.version == SourceVersion(OBSERVED)

    def test_maps_primary_addresses(self) -> None:
        mails = [
            {"email": {"emailAddress": "old@example.com"}},
            {"email": {"emailAddress": "ada@example.com", "primaryInd": True}},
        ]
        phones = [
            {"telephone": {"phoneNumber": "1", "phoneTechType": "FAX", "primaryInd": True}},
            {"telephone": {"phoneNumber": "2", "phoneTechType": "PHONE"}},
        ]
        address = {
            "addressLine": ["Main Street 1", "", "2nd floor"],
            "cityName": "Vienna",
            "postalCode": "1010",
            "state": "W",
            "country": {"code": "AT"},
        }
        (item,) = read(
            ItemKind.GUEST,
            profile_payload(
                emails={"emailInfo": mails},
                telephones={"telephoneInfo": phones},
                addresses={"addressInfo": [{"address": address}]},
            ),
        )
        found = guest(item)
        assert (found.email, found.phone) == ("ada@example.com", "2")
        assert found.address == "Main Street 1\n2nd floor"
        assert (found.city, found.postal_code, found.country) == ("Vienna", "1010", "AT")
        assert "old@example.com" in str(found.extras)

    def test_maps_loyalty_and_preferences(self) -> None:
        members = [
            {"membershipId": "1", "membershipLevel": "Blue"},
            {"membershipId": "2", "membershipLevel": "Gold", "currentPoints": "17"}
            | {"preferredCard": True},
        ]
        (item,) = read(
            ItemKind.GUEST,
            profile_payload(
                profileMemberships={"profileMembership": members},
                privacyInfo={"optInEmail": False, "optInSms": "true"},
                lastStayInfo={"lastVisit": "2026-01-05", "totalStay": "4"},
            ),
        )
        found = guest(item)
        assert (found.loyalty_number, found.loyalty_tier, found.loyalty_points) == ("2", "Gold", 17)
        assert (found.email_opt_in, found.sms_opt_in) == (False, True)
        assert (found.last_stay_on, found.total_stays) == (date(2026, 1, 5), 4)

    def test_clears_anonymized_guest(self) -> None:
        customer = {
            "personName": [{"surname": "XXXX", "nameType": "Primary"}],
            "anonymization": {"anonymizationStatus": "Anonymized"},
        }
        (item,) = read(ItemKind.GUEST, profile_payload(customer=customer))
        found = guest(item)
        assert (found.first_name, found.last_name, found.email, found.phone) == (None,) * 4
        assert found.extras == ()

    def test_requested_anonymization_clears_nothing(self) -> None:
        customer = dict(details()["customer"], anonymization={"anonymizationStatus": "Requested"})
        (item,) = read(ItemKind.GUEST, profile_payload(customer=customer))
        assert guest(item).last_name == "Aalto"

    def test_maps_merge_target(self) -> None:
        body = {**profile_payload(), "victimProfileId": ids(Profile="7002")}
        survivor, victim = (guest(item) for item in read(ItemKind.GUEST, body))
        assert (survivor.external_id, survivor.last_name) == ("7001", "Aalto")
        assert (victim.external_id, victim.merged_into) == ("7002", "7001")
        assert victim.last_name is ABSENT

    def test_traces_every_field(self) -> None:
        (item,) = read(ItemKind.GUEST, profile_payload(statusCode="Active"), explain=True)
        field_trace = dict(item.field_trace)
        assert field_trace["profileDetails.statusCode"] == "extras"
        assert field_trace["profileDetails.customer.vipStatus"] == "vip"
        assert field_trace["profileIdList[1].id"] == "external_id"


class TestRejectedProfile:
    @pytest.mark.parametrize("kind", ["Company", "Agent", "Group", "Purge"])
    def test_rejects_other_profile_types(self, kind: str) -> None:
        reason = refusal(profile_payload(profileType=kind), ItemKind.GUEST)
        assert (reason.code, reason.path) == ("unknown_value", "profileDetails.profileType")

    def test_rejects_profile_without_id(self) -> None:
        body = dict(profile_payload(), profileIdList=ids(CorporateId="1"))
        assert refusal(body, ItemKind.GUEST).path == "profileIdList"

    def test_rejects_vendor_sample_with_placeholders(self) -> None:
        reason = refusal(sample("crm-getProfileByExtId__resp-200.json"), ItemKind.GUEST)
        assert reason.path == "profiles.profileInfo[0].profileIdList"

    def test_rejects_vendor_sample_of_a_company(self) -> None:
        reason = refusal(sample("crm-getCompanyProfile__resp-200.json"), ItemKind.GUEST)
        assert reason.path == "companyDetails"
