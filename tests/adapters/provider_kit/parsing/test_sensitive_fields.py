"""Card and document fields are dropped from the extras by their names."""

import json
from typing import Any

import pytest

from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.provider_kit.parsing.sensitive_fields import (
    drop_reason,
    without_sensitive_paths,
)
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from adapters.outbound.provider_kit.parsing.xml_text import parse_xml

SECRET = "S3CR3T"


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [
            "registeredCard",
            "creditCard",
            "CardHolderName",
            "card_number",
            "cardsOnFile",
            "prepaidCardNumber",
            "cvv",
            "CVC2",
            "pan",
            "paymentAccount",
            "IBAN",
            "bankAccountNumber",
            "passportNumber",
            "Passport",
            "identityCard",
            "idCardNumber",
            "driversLicense",
            "DriverLicence",
            "documentNumber",
            "IdentityDocuments",
            "identificationNumber",
            "identificationInfo",
            "idNumber",
            "DocID",
            "personalTaxId",
            "nationalId",
            "visaInfo",
            "visaExpiryDate",
            "travelDocument",
            "TravelDocuments",
            "guestDocuments",
            "Ausweisnummer",
            "Personalausweis",
            "Reisepass_Nr",
            "DNI",
            "carta d'identità",
            "ccName",
            "cc_exp",
            "CCNumber",
            "vcc",
            "maskedPAN",
            "last4",
            "lastFourDigits",
            "expiryMonth",
            "exp_year",
        ],
    )
    def test_of_cards_and_documents_are_dropped(self, name: str) -> None:
        assert drop_reason([name]) is not None

    @pytest.mark.parametrize(
        "name",
        [
            "loyaltyCardNumber",
            "membershipCard",
            "roomCard",
            "cardinality",
            "discard",
            "pantry",
            "Company",
            "thirdPartyIdentifier",
            "TimeZoneIdentifier",
            "paid",
            "number",
            "code",
            "expiry",
            "token",
            "companyTaxId",
            "paymentMethod",
            "confirmationNumber",
            "cc",
            "ccEmail",
            "success",
            "access",
            "Parkausweis",
            "travelDocumentsRequired",
            "guestDocumentation",
            "dniprefix",
            "expected",
            "blast4ever",
            "panel",
            "accNotes",
        ],
    )
    def test_of_other_fields_are_kept(self, name: str) -> None:
        assert drop_reason([name]) is None


class TestJson:
    @pytest.mark.parametrize(
        "fields",
        [
            {"registeredCard": {"holder": SECRET, "expiry": SECRET, "x": [SECRET, {"y": SECRET}]}},
            {"a": [{"b": {"passport": SECRET}}]},
            {"a": {"documents": [{"number": SECRET}]}},
            {"guarantee": {"card_number": SECRET, "expiration_date": SECRET, "token": SECRET}},
            {"cardNumber": 4111, "holder": SECRET},
        ],
    )
    def test_drops_them_at_any_depth(self, fields: dict[str, Any]) -> None:
        r = Reader({"id": "1", "kept": "yes", **fields})
        r.text("id")
        shown = json.dumps(r.unread())
        assert SECRET not in shown
        assert "4111" not in shown
        assert "kept" in shown
        dropped = {path for path, target in r.field_trace().items() if "dropped" in target}
        assert dropped
        assert not dropped & r.unread().keys()

    @pytest.mark.parametrize(
        "pair",
        [
            {"customFieldName": "Passport no.", "customFieldValue": SECRET},
            {"name": "ID card number", "value": [SECRET]},
            {"label": "Credit card", "type": "text", "text": SECRET},
            {"key": "documentNumber", "value": {"x": SECRET}},
            {"question": "Driving licence", "answer": SECRET},
        ],
    )
    def test_drops_what_a_label_beside_it_names(self, pair: dict[str, Any]) -> None:
        kept = {"name": "Pillow", "value": "soft"}
        for value in ({"fields": [pair, kept]}, {"a": {"b": pair}, "c": kept}, {**pair, "c": kept}):
            r = Reader(value)
            shown = json.dumps(r.unread())
            assert SECRET not in shown
            assert "soft" in shown
            assert any("dropped" in target for target in r.field_trace().values())

    def test_drops_them_in_objects_that_were_opened(self) -> None:
        r = Reader({"payment": {"card": {"type": "VI", "no": SECRET}, "amount": 1}})
        payment = r.object("payment")
        payment.object("card").text("type")
        assert r.unread() == {"payment.amount": "1"}

    @pytest.mark.parametrize(
        "fields",
        [
            {"taxID": SECRET},
            {"a": {"taxID": SECRET, "kept": 1}},
            {"a": [{"b": {"taxID": {"type": SECRET, "list": [SECRET, {"x": SECRET}]}}}]},
            {"voucher": {"code": SECRET, "kept": 1}},
            {"a": [{"voucher": {"code": SECRET}}]},
            {"a": {"taxID": [SECRET]}},
        ],
    )
    def test_drops_declared_fields_at_any_depth(self, fields: dict[str, Any]) -> None:
        declared = frozenset({"taxID", "voucher.code"})
        value = {"id": "1", "kept": "yes", "code": "kept", **fields}
        r = Reader(value).tolerant().never_keep(declared)
        r.text("id")
        opened = Reader({"id": "1", "around": value}).never_keep(declared)
        opened.object("around").text("id")
        for reader in (r, opened):
            shown = json.dumps(reader.unread())
            assert SECRET not in shown
            assert shown.count("kept") >= 2
            dropped = [t for t in reader.field_trace().values() if "declared" in t]
            assert dropped
        assert SECRET in json.dumps(Reader(value).unread())

    @pytest.mark.parametrize("field", ["taxID", "holder"])
    def test_drops_declared_fields_of_opened_objects(self, field: str) -> None:
        r = Reader({"a": {"payer": {"x": 1, field: SECRET}, "items": [SECRET]}}).tolerant()
        r.object("a").object("payer").integer("x")
        r.never_keep(frozenset({"taxID", "payer.holder", "items"}))
        assert r.object("a").optional_objects("items") == []
        assert r.unread() == {}

    def test_keeps_descriptions_and_flags(self) -> None:
        fields = {"cardType": "visa", "hasCard": True, "passport": None, "documentType": "PP"}
        assert Reader(fields).unread().keys() == fields.keys()
        account = {"paymentMethod": "visa", "isActive": False, "accountHolder": SECRET}
        kept = Reader({"paymentAccount": account}).unread()
        assert json.loads(kept["paymentAccount"]) == {"paymentMethod": "visa", "isActive": False}

    def test_leaves_other_values_as_they_are(self) -> None:
        value = {"a": {"b": [1, [2], {}], "c": {}}, "token": "x", "expiry": "y", "code": "z"}
        assert {path: json.loads(text) for path, text in Reader(value).unread().items()} == value

    def test_drops_given_paths(self) -> None:
        paths = {"rooms[0].card.no": SECRET, "a.cardType": "VI", "b": {"pan": SECRET, "c": 1}}
        assert without_sensitive_paths(paths) == {"a.cardType": "VI", "b": {"c": 1}}


class TestXml:
    def test_drops_them_at_any_depth(self) -> None:
        text = (
            f'<r a="1" CardHolderName="{SECRET}"><Document DocID="{SECRET}" DocType="5"/>'
            f"<x><Passport>{SECRET}</Passport><y>kept</y></x></r>"
        )
        r = XmlReader(parse_xml(text.encode()))
        assert r.unread() == {"@a": '"1"', "Document/@DocType": '"5"', "x/y": '"kept"'}
        assert {path for path, why in r.field_trace().items() if "dropped" in why} == {
            "@CardHolderName",
            "Document/@DocID",
            "x/Passport",
        }
