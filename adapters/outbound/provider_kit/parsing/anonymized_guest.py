"""A guest whose personal data the provider has erased."""

from domain.snapshots import GuestSnapshot
from domain.values import SourceVersion


def anonymized_guest(external_id: str, version: SourceVersion) -> GuestSnapshot:
    """Clears the personal fields that every provider erases; a mapper adds its own."""
    return GuestSnapshot(
        external_id=external_id,
        version=version,
        title=None,
        first_name=None,
        last_name=None,
        email=None,
        phone=None,
        address=None,
        city=None,
        region=None,
        postal_code=None,
        birth_date=None,
        id_document_type=None,
        id_document_number=None,
        further_id_documents=None,
        notes=None,
    )
