"""What must be so after every disturbance: each submission handled exactly once, on both sides alike, and nothing owed."""
import hashlib, json

from running_system import check, fields, until

SQL_HISTORY = "SELECT case_id, sequence, type, command_id, hex(signed), hex(digest) FROM case_event ORDER BY case_id, sequence"


def histories(s):
    """The events of each case, checked to be a chain of signed statements about it."""
    cases = {}
    for case, sequence, kind, command, signed, digest in s.rows("approval", SQL_HISTORY):
        signed, digest = bytes.fromhex(signed), bytes.fromhex(digest)
        events = cases.setdefault(case, [])
        check(hashlib.sha256(signed).digest() == digest, f"case {case}: the digest of event {sequence} is of something else")
        statement = fields(signed)
        body = fields(statement[2][0])
        previous = events[-1]["digest"] if events else bytes(32)
        check(sequence == len(events) + 1 and body[3] == [sequence], f"case {case}: event {sequence} stands at {len(events) + 1}")
        check(body[2] == [case.encode()] and body[5] == [kind.encode()], f"case {case}: event {sequence} says {body[2]} {body[5]}")
        check(body[4] == [previous], f"case {case}: event {sequence} does not hold the digest of the one before it")
        events.append({"type": kind, "command": command, "digest": digest})
    for case, events in cases.items():
        commands = [event["command"] for event in events if event["command"]]
        # A command makes consecutive events only, and once.
        distinct = [command for at, command in enumerate(commands) if at == 0 or commands[at - 1] != command]
        check(len(distinct) == len(set(distinct)), f"case {case}: a command was carried out twice")
    return {case: [event["type"] for event in events] for case, events in cases.items()}


def shape(s, case):
    """How one application went, as both sides tell it: events inside, steps outside, papers."""
    return {
        "events": histories(s)[case],
        # Whether the applicant sees it on its way depends on how soon the gateway's news comes.
        "steps": [row[0] for row in s.rows("portal", f"SELECT status FROM declaration_step WHERE declaration_id = '{case}' ORDER BY number") if row[0] != "in_transit"],
        "submissions": [s.rows(service, f"SELECT COUNT(*) FROM submission WHERE {key} = '{case}'")[0][0] for service, key in (("portal", "declaration_id"), ("approval", "case_id"))],
        "notices": [sorted(row[0] for row in s.rows(service, f"SELECT kind FROM notice WHERE {key} = '{case}'")) for service, key in (("portal", "declaration_id"), ("approval", "case_id"))],
        "documents": s.rows("approval", f"SELECT COUNT(*) FROM document WHERE case_id = '{case}'")[0][0],
    }


def check_ended(s):
    """All that was sent has ended as applied, once, nothing was put aside, and both sides say the same of every case."""
    for service in ("portal", "approval"):
        until(lambda: s.rows(service, "SELECT (SELECT COUNT(*) FROM exchange_outbox) + (SELECT COUNT(*) FROM exchange_sent WHERE ended = 0)") == [(0,)],
              60, lambda: f"all that the {service} has sent ends: {s.rows(service, 'SELECT kind, rung, ended, COUNT(*) FROM exchange_sent GROUP BY kind, rung, ended')}")
        check(s.rows(service, "SELECT kind, rung, code FROM exchange_sent WHERE rung <> 7") == [], f"something of the {service} ended otherwise than applied")
    for sender, receiver in (("portal", "approval"), ("approval", "portal")):
        sent = s.rows(sender, "SELECT bundle_id FROM exchange_sent ORDER BY bundle_id")
        applied = s.rows(receiver, "SELECT bundle_id FROM exchange_inbox WHERE outcome = 'applied' ORDER BY bundle_id")
        check(sent == applied, f"{sender} has sent {len(sent)} bundles, {receiver} has applied {len(applied)} of them")
    for unit in ("gateway-outer", "gateway-inner"):
        check(s.journal(unit, "SELECT COUNT(*) FROM stray") == [(0,)], f"{unit} has put something aside")

    outside = {row[0]: row[1:] for row in s.rows("portal", "SELECT declaration_id, status, stage, case_sequence, acceptance_number, declaration_number FROM declaration")}
    inside = {row[0]: row[1:] for row in s.rows("approval", "SELECT case_id, status, stage, sequence, acceptance_number, declaration_number FROM case_row")}
    check(outside == inside, lambda: f"the two sides differ: {[(case, outside.get(case), inside.get(case)) for case in {**outside, **inside} if outside.get(case) != inside.get(case)]}")
    for service, number in (("portal", "declaration_number"), ("approval", "acceptance_number")):
        numbers = [row[0] for row in s.rows(service, f"SELECT {number} FROM {'declaration' if service == 'portal' else 'case_row'} WHERE {number} <> ''")]
        check(len(numbers) == len(set(numbers)), f"a number was given twice: {sorted(numbers)}")
    documents = [sorted(s.rows(service, "SELECT document_number, check_code, hex(sha256) FROM document")) for service in ("portal", "approval")]
    check(documents[0] == documents[1], f"the documents differ: {documents}")
    notices = [sorted(s.rows("portal", "SELECT notice_id, kind, declaration_id FROM notice")), sorted(s.rows("approval", "SELECT notice_id, kind, case_id FROM notice"))]
    check(notices[0] == notices[1], f"the notices differ: {notices}")
    histories(s)
    return set(outside)


def check_sound(s, cases, models):
    """`cases`: {declaration: path}, all there is; `models`: {path: shape of one that nobody disturbed}."""
    outside = check_ended(s)
    check(outside == set(cases), f"declarations lost {set(cases) - outside} or unheard of {outside - set(cases)}")
    for case, path in cases.items():
        went = shape(s, case)
        check(went == models[path], f"case {case} ({path}) went otherwise than undisturbed:\n{json.dumps(went)}\n{json.dumps(models[path])}")
