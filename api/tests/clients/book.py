"""Books a pair of places with a client that is made of the OpenAPI document: python3 book.py http://127.0.0.1:8080"""

import datetime
import json
import sys
import uuid

from terminbuch import AuthenticatedClient
from terminbuch.api.availability import get_centre_availability, get_pairs
from terminbuch.api.bookings import get_booking
from terminbuch.api.centres import list_centres
from terminbuch.api.holds import confirm_hold, place_hold
from terminbuch.api.registrations import put_registration
from terminbuch.models import BookingJson, CentreAvailability, CentresJson, HoldBody, Pairs, PersonBody
from terminbuch.models import ReceiptJson, RegistrationBody
from terminbuch.models.registration_body_made_by import RegistrationBodyMadeBy


def came(what, kind, answer):
    """What came, or an error that says what the problem says."""
    if isinstance(answer.parsed, kind):
        return answer.parsed
    sys.exit(f"{what}: {answer.status_code} {answer.content.decode()}")


def book(client):
    centre = came("centres", CentresJson, list_centres.sync_detailed(client=client)).centres[0].centre
    registration, hold = uuid.uuid4(), uuid.uuid4()
    person = PersonBody(family_name="Muster", given_name="Python", born_on=datetime.date(1936, 5, 1))
    body = RegistrationBody(group=1, district="06412", made_by=RegistrationBodyMadeBy.SELF, person=person)
    answer = put_registration.sync_detailed(centre, registration, client=client, body=body)
    registered = came("registration", ReceiptJson, answer)

    answer = get_centre_availability.sync_detailed(centre, client=client, at_least=registered.position)
    days = came("availability", CentreAvailability, answer).days
    free = sum(day.bookable.web for day in days if day.dose == 1)
    pairs = came("pairs", Pairs, get_pairs.sync_detailed(centre, client=client, limit=1)).pairs
    if not pairs:
        sys.exit(f"no pair is free, of {free} places")

    body = HoldBody(registration=registration, first=pairs[0].first.slot, second=pairs[0].second.slot)
    came("hold", ReceiptJson, place_hold.sync_detailed(centre, hold, client=client, body=body))
    confirmed = came("confirmation", ReceiptJson, confirm_hold.sync_detailed(centre, hold, client=client))
    answer = get_booking.sync_detailed(centre, hold, client=client, at_least=confirmed.position)
    booking = came("booking", BookingJson, answer)
    return {
        "free": free,
        "booking": str(booking.booking),
        "state": str(booking.state),
        "first": booking.first.slot,
        "second": booking.second.slot,
    }


# Whoever registers draws a secret, keeps it, and shows it each time.
print(json.dumps(book(AuthenticatedClient(base_url=sys.argv[1], token=uuid.uuid4().hex))))
