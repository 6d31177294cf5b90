"""A message as short as one may be: what the page of POST /v1/messages shows."""

from typing import Any

MESSAGE: dict[str, Any] = {
    "kind": "concern",
    "version": 1,
    "categories": ["bruising"],
    "urgency": "immediate",
    "practitioner": {"name": "Test Practitioner", "job": "Health visitor", "phone": "0121 496 0143"},
    "children": [
        {
            "name": "Example Child",
            "date_of_birth": "2026-01-05",
            "nhs_number": "9990000042",
            "mobile": False,
        }
    ],
    "address": {"lines": ["1 Example Road"], "postcode": "B66 3PX", "area": "E08000028", "restricted": False},
    "household": [
        {"role": "mother", "name": "Example Mother", "lives_there": "yes"},
        {"role": "father", "unknown_because": "The mother did not wish to say.", "lives_there": "no"},
    ],
    "childs_voice": {"observed": "Cried when the left arm was lifted."},
    "situation": {
        "facts": [
            {
                "fact": "A bruise of about 1 cm on the left upper arm.",
                "source": "seen_by_practitioner",
                "on": "2026-04-15",
            }
        ]
    },
    "assessment": {
        "opinion": "A baby who cannot move does not bruise herself.",
        "worries": ["Nobody explains the bruise"],
        "strengths": ["The mother came at once"],
        "what_would_change_this_view": "A paediatrician finds a medical cause.",
    },
    "expected_response": {"what": "A strategy discussion today, and a paediatric opinion."},
    "recording": {"family_told": True, "family_told_what": "That children's services are told."},
    "services": {"gp": {"ods": "Y90001", "registered": True}},
}
