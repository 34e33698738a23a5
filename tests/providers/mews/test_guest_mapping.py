import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.messages import ItemKind
from domain.snapshots import GuestSnapshot
from domain.values import ABSENT, SourceVersion
from tests.providers.mews.payloads import body, customer, guest_of, read, refusal, sample
from tests.providers.vendor_payloads import extras


class TestVendorSample:
    CUSTOMERS = "op-customers__search-customers-response.json"
    DOCUMENTS = "op-identitydocuments__get-all-identity-documents-response.json"

    def test_is_mapped_field_by_field(self) -> None:
        text, documents = sample(self.CUSTOMERS), sample(self.DOCUMENTS)
        payload = json.loads(text)["Customers"][0]["Customer"]
        listed = json.loads(documents)["IdentityDocuments"]
        (item,) = read(ItemKind.GUEST, text, documents)
        assert isinstance(item.snapshot, GuestSnapshot)
        expected = GuestSnapshot(
            external_id=payload["Id"],
            version=SourceVersion(datetime(2018, 1, 2, tzinfo=UTC)),
            title="Mr",
            first_name="John",
            last_name="Smith",
            email=payload["Email"],
            phone=payload["Phone"],
            address=payload["Address"]["Line1"],
            city="Christchurch",
            region="GB-ENG",
            postal_code=payload["Address"]["PostalCode"],
            country="GB",
            nationality="US",
            birth_date=date(1983, 12, 31),
            language="en-GB",
            vip=False,
            loyalty_number=payload["LoyaltyCode"],
            id_document_type="Passport",
            id_document_number=listed[0]["Number"],
            further_id_documents=f"IdentityCard {listed[1]['Number']}",
            preferences="OceanView",
            notes=None,
            email_opt_in=True,
            merged_into=None,
            extras=item.snapshot.extras,
        )
        assert item.snapshot == expected
        assert item.snapshot.extras is not ABSENT
        kept = dict(item.snapshot.extras)
        assert kept["HasOtaEmail"] == "false"
        assert kept["SecondLastName"] == '"Williams"'
        assert "Address.Line1" not in kept
        assert "Address.Id" in kept

    def test_keeps_or_maps_every_field(self) -> None:
        text = sample(self.CUSTOMERS)
        payload = json.loads(text)["Customers"][0]["Customer"]
        (item,) = read(ItemKind.GUEST, text, explain=True)
        assert isinstance(item.snapshot, GuestSnapshot)
        targets = {path.split(".")[0]: target for path, target in reversed(item.field_trace)}
        assert targets.keys() == payload.keys()
        empty = {key for key, value in payload.items() if value in (None, "", [], {})}
        kept = extras(item.snapshot)
        for key in empty & {key for key in targets if targets[key] in ("(read)", "extras")}:
            assert kept[key] == json.dumps(payload[key]), key


class TestCustomer:
    def test_maps_merge_target(self) -> None:
        snapshot = guest_of(customer(MergeTargetId="cus-2", IsActive=False))
        assert snapshot.merged_into == "cus-2"
        assert snapshot.deleted

    @pytest.mark.parametrize(
        ("changes", "deleted"),
        [
            ({"IsActive": True}, False),
            ({"IsActive": False}, True),
            ({"IsActive": ..., "ActivityState": "Deleted"}, True),
            ({"IsActive": ..., "ActivityState": "Active"}, False),
            ({"IsActive": ...}, False),
        ],
    )
    def test_inactive_customer_is_deleted(self, changes: dict[str, Any], deleted: bool) -> None:
        assert guest_of(customer(**changes)).deleted is deleted

    @pytest.mark.parametrize(
        ("classifications", "vip"),
        [
            ([], False),
            (["Returning", "Staff"], False),
            (["Important"], True),
            (["Returning", "VeryImportant"], True),
            (["TopManagement"], True),
        ],
    )
    def test_is_vip_by_classification(self, classifications: list[str], vip: bool) -> None:
        assert guest_of(customer(Classifications=classifications)).vip is vip

    def test_missing_field_is_absent(self) -> None:
        payload = {"Id": "cus-1", "LastName": "Byron", "UpdatedUtc": "2026-01-05T10:00:00Z"}
        snapshot = guest_of(payload)
        version = SourceVersion(datetime(2026, 1, 5, 10, tzinfo=UTC))
        expected = GuestSnapshot(external_id="cus-1", version=version, last_name="Byron", extras=())
        assert snapshot == expected

    def test_null_clears_field(self) -> None:
        snapshot = guest_of(customer(Email=None, Phone="", Address=None, AddressId=None))
        assert (snapshot.email, snapshot.phone, snapshot.city) == (None, None, None)

    def test_address_is_absent_if_not_requested(self) -> None:
        assert guest_of(customer(Address=None)).city is ABSENT

    def test_prefers_the_preferred_language(self) -> None:
        assert guest_of(customer()).language == "en-GB"
        assert guest_of(customer(PreferredLanguageCode=None)).language == "en-US"

    def test_prefers_the_custom_title(self) -> None:
        assert guest_of(customer()).title == "Mrs"
        assert guest_of(customer(Title=None, CustomTitleName="Lady")).title == "Lady"
        assert guest_of(customer(Title="Captain")).title is ABSENT

    def test_last_name_may_be_null_or_missing(self) -> None:
        assert guest_of(customer(LastName="")).last_name is None
        assert guest_of(customer(LastName=...)).last_name is ABSENT

    def test_maps_document_with_number(self) -> None:
        assert guest_of(customer(Passport=None)).id_document_number is ABSENT
        inside = guest_of(customer(Passport=None, Visa={"Number": "V1"}))
        assert (inside.id_document_type, inside.id_document_number) == ("Visa", "V1")
        documents = body(
            IdentityDocuments=[
                {"Id": "d1", "CustomerId": "cus-1", "Type": "Passport", "Number": ""},
                {"Id": "d2", "CustomerId": "cus-1", "Type": "IdentityCard", "Number": "C2"},
                {"Id": "d3", "CustomerId": "cus-2", "Type": "Passport", "Number": "P3"},
            ]
        )
        reported = guest_of(customer(), documents)
        assert (reported.id_document_type, reported.id_document_number) == ("IdentityCard", "C2")

    def test_keeps_every_document(self) -> None:
        documents = body(
            IdentityDocuments=[
                {"Id": f"d{n}", "CustomerId": "cus-1", "Type": kind, "Number": number}
                for n, (kind, number) in enumerate(
                    (("IdentityCard", "C2"), ("Passport", "P1"), ("Passport", "P3"), ("Visa", "P1"))
                )
            ]
        )
        found = guest_of(customer(Visa={"Number": "V4"}), documents)
        assert (found.id_document_type, found.id_document_number) == ("Passport", "P3")
        assert found.further_id_documents == "IdentityCard C2\nVisa P1\nVisa V4"

    def test_same_email_is_a_different_guest(self) -> None:
        first, second = read(ItemKind.GUEST, body(Customers=[customer(), customer(Id="cus-2")]))
        assert (first.external_id, second.external_id) == ("cus-1", "cus-2")

    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            ({"BirthDate": "31.12.1983"}, "BirthDate"),
            ({"Options": "None"}, "Options"),
            ({"Classifications": [1]}, "Classifications"),
            ({"Address": {"City": 5}}, "Address.City"),
        ],
    )
    def test_keeps_invalid_field_in_the_extras(self, changes: dict[str, Any], path: str) -> None:
        extras = guest_of(customer(**changes)).extras
        assert isinstance(extras, tuple)
        assert path in dict(extras)

    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            ({"UpdatedUtc": None}, "UpdatedUtc"),
            ({"IsActive": "no"}, "IsActive"),
            ({"MergeTargetId": 5}, "MergeTargetId"),
        ],
    )
    def test_rejects_invalid_field_with_path(self, changes: dict[str, Any], path: str) -> None:
        reason = refusal(ItemKind.GUEST, body(Customers=[customer(**changes)]))
        assert reason.path == f"Customers[0].{path}"
