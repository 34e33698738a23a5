from typing import Any

import pytest

from ports.errors import UnreadableMessage
from ports.providers import Notification, Ref, RefKind
from tests.providers.mews.payloads import body, context, provider, sample


def notified(**payload: Any) -> Notification:
    return provider.read_notification(body(**payload), context())


def event(name: str, item_id: str = "id-1") -> dict[str, Any]:
    return {"Discriminator": name, "Value": {"Id": item_id}}


class TestGeneralWebhook:
    def test_parses_vendor_sample(self) -> None:
        text = sample("webhook-wh-general__general-webhooks-request-body.json")
        found = provider.read_notification(text, context())
        kinds = [ref.kind for ref in found.refs]
        guests = [RefKind.GUEST, RefKind.GUEST]
        assert kinds == [RefKind.BOOKING, RefKind.RECORDS, *guests, RefKind.PAYMENT]
        assert found.ignored == ("MessageAdded",)
        assert found.property_id is not None
        assert found.property_id.startswith("851df8c8")

    def test_returns_each_reference_once(self) -> None:
        events = [
            event("CustomerAdded", "cus-1"),
            event("CustomerUpdated", "cus-1"),
            event("ServiceOrderUpdated", "res-1"),
            event("ServiceOrderUpdated", "res-1"),
            event("ResourceBlockUpdated", "blk-1"),
            event("ResourceBlockUpdated", "blk-2"),
            event("ResourceUpdated", "room-1"),
        ]
        found = notified(EnterpriseId="ent-1", IntegrationId="int-1", Events=events)
        assert found == Notification(
            refs=(
                Ref(RefKind.GUEST, "cus-1"),
                Ref(RefKind.BOOKING, "res-1"),
                Ref(RefKind.AVAILABILITY),
                Ref(RefKind.RECORDS),
            ),
            property_id="ent-1",
        )

    def test_reports_ignored_events(self) -> None:
        found = notified(EnterpriseId="ent-1", Events=[event("BillClosed"), event("MessageAdded")])
        assert found.refs == ()
        assert found.ignored == ("BillClosed", "MessageAdded")

    def test_parses_hundreds_of_events(self) -> None:
        events = [event("ServiceOrderUpdated", f"res-{n}") for n in range(700)]
        assert len(notified(EnterpriseId="ent-1", Events=events).refs) == 700


class TestIntegrationWebhook:
    @pytest.mark.parametrize("action", ["IntegrationCreated", "IntegrationApiKeyCreated"])
    @pytest.mark.parametrize("field", ["AccessToken", "ApiKey"])
    def test_returns_new_credentials(self, action: str, field: str) -> None:
        data = {"Integration": {"Id": "int-1"}, field: "NEW-TOKEN"}
        found = notified(Action=action, Data=data)
        assert dict(found.new_secrets) == {"access_token": "NEW-TOKEN"}
        assert not found.disabled
        assert "NEW-TOKEN" not in repr(found)

    @pytest.mark.parametrize(
        ("action", "disabled"),
        [
            ("IntegrationDisabled", True),
            ("IntegrationCanceled", True),
            ("IntegrationDeleted", True),
            ("IntegrationEnabled", False),
            ("IntegrationReinstated", False),
            ("IntegrationRenamed", False),
        ],
    )
    def test_reports_disabled_integration(self, action: str, disabled: bool) -> None:
        found = notified(Action=action, Data={"Enterprise": {"Id": "ent-1", "Name": "Inn"}})
        assert found == Notification(ignored=(action,), property_id="ent-1", disabled=disabled)

    def test_rejects_missing_token(self) -> None:
        with pytest.raises(UnreadableMessage):
            notified(Action="IntegrationApiKeyCreated", Data={})


class TestWebsocketMessage:
    def test_parses_vendor_sample(self) -> None:
        text = sample("webhook-websockets__websockets-message-body.json")
        found = provider.read_notification(text, context())
        assert [ref.kind for ref in found.refs] == [RefKind.BOOKING, RefKind.RECORDS]
        assert found.ignored == ("DeviceCommand", "PriceUpdate")
        assert found.property_id is None


class TestAuthenticity:
    def test_depends_on_the_url_only(self) -> None:
        assert provider.authentic({}, {})
        assert "URL" in provider.capabilities.trust
