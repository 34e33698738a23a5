"""A canonical guest to its snapshot."""

from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.canonical.mapping import parsing
from domain.snapshots import GuestSnapshot
from ports.providers import HotelContext


def read_guest(reader: Reader, context: HotelContext) -> GuestSnapshot:  # noqa: ARG001 one shape for all kinds
    r = reader
    return GuestSnapshot(
        external_id=r.text("external_id"),
        version=parsing.source_version(r),
        deleted=parsing.is_deleted(r),
        title=r.field_text("title"),
        first_name=r.field_text("first_name"),
        last_name=r.field_text("last_name"),
        email=r.field_text("email"),
        phone=r.field_text("phone"),
        address=r.field_text("address"),
        city=r.field_text("city"),
        region=r.field_text("region"),
        postal_code=r.field_text("postal_code"),
        country=r.field_text("country"),
        nationality=r.field_text("nationality"),
        birth_date=r.field_local_date("birth_date"),
        language=r.field_text("language"),
        vip=r.field_boolean("vip"),
        loyalty_number=r.field_text("loyalty_number"),
        loyalty_tier=r.field_text("loyalty_tier"),
        loyalty_points=parsing.field_count(r, "loyalty_points"),
        id_document_type=r.field_text("id_document_type"),
        id_document_number=r.field_text("id_document_number"),
        preferences=r.field_text("preferences"),
        notes=r.field_text("notes"),
        email_opt_in=r.field_boolean("email_opt_in"),
        sms_opt_in=r.field_boolean("sms_opt_in"),
        total_stays=parsing.field_count(r, "total_stays"),
        total_spent=parsing.field_money(r, "total_spent"),
        last_stay_on=r.field_local_date("last_stay_on"),
        merged_into=r.field_text("merged_into"),
        extras=parsing.extras(r),
    )
