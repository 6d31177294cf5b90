"""Worked examples of who and where: agencies, places, protocols, keys. Nobody here is real."""

AT = "2026-07-03T09:30:00Z"

KEY = {"kid": "0123456789abcdef", "use": "seal", "public": "mF3k…", "valid_from": AT, "valid_to": None}
KEYS = {
    "hub": "checkback",
    "keys": [
        {**KEY, "use": "sign", "signs": "shares"},
        {**KEY, "kid": "89abcdef01234567", "use": "sign", "signs": "notes"},
    ],
}
AGENCY = {
    "id": "sandwell-mash",
    "name": "Sandwell Multi-Agency Safeguarding Hub",
    "role": "mash",
    "area": "E08000028",
    "ods": None,
    "opens": "2015-04-01",
    "closes": None,
    "successor": None,
    "hours": "Mon-Fri 08:30-17:30",
    "contacts": [
        {
            "role": "duty_lead",
            "name": None,
            "phone": "0121 496 0100",
            "email": "duty@sandwell-mash.example",
            "out_of_hours": False,
        }
    ],
    "keys": [KEY],
}
AGENCIES = {"agencies": [AGENCY], "next": "sandwell-mash"}
PLACE = {
    "postcode": "B66 3PX",
    "known": True,
    "area": "E08000028",
    "area_name": "Sandwell",
    "explanation": None,
}
PROTOCOL = {
    "id": "sandwell",
    "title": "Sandwell multi-agency information sharing protocol",
    "version": "2026.1",
    "area": "E08000028",
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "effective": "2026-04-01",
    "review_by": "2030-03-31",
    "lawful_basis": ["Children Act 2004 s.16LA"],
    "explanation": "A bruise on a baby who cannot move on their own goes to the MASH at once …",
}
PROTOCOLS = {"protocols": [{**PROTOCOL, "explanation": None}]}
