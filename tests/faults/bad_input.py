"""What people and machines get wrong: each gets a clear error, and nothing is lost by it."""
import base64, concurrent.futures, http.client, json, os, pathlib, shutil, signal, socket, ssl, subprocess, time, uuid

from running_system import BIN, ROOT, SERVICES, Applicant, Made, System, check, until

MEBIBYTE = 1 << 20


def refused(answer, status, code, *words):
    """A problem document (RFC 9457) that names the reason."""
    check(answer.status == status and answer.code == code, f"expected {status} {code}, got {answer}")
    check(answer.headers["Content-Type"].startswith("application/problem+json"), f"not a problem document: {answer.headers['Content-Type']}")
    check(answer.json.get("request_id"), "a problem document without a request id")
    for word in words:
        check(word in json.dumps(answer.json, ensure_ascii=False), f"'{word}' is not said in {answer}")


def portal_status(s, declaration):
    rows = s.rows("portal", f"SELECT status FROM declaration WHERE declaration_id = '{declaration}'")
    return rows[0][0] if rows else None


def arrives(s, declaration, status="received"):
    until(lambda: portal_status(s, declaration) == status, 30, lambda: f"{declaration} is {status}; it is {portal_status(s, declaration)}")


def broken_put(s, applicant, path, sealed, offset, announced, sent):
    """Announces a piece, sends less, and breaks the connection, as a train in a tunnel does."""
    context = ssl.create_default_context(cafile=s.folder / "pki/root.pem")
    with context.wrap_socket(socket.create_connection((s.ext, 8443), 10), server_hostname=s.ext) as connection:
        head = f"PUT /api/v1{path}?offset={offset} HTTP/1.1\r\nHost: {s.ext}:8443\r\nContent-Length: {announced}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in applicant.headers.items())
        connection.sendall(head.encode() + b"\r\n" + sealed[offset:offset + sent])


def half_uploads(s):
    """A connection that breaks costs at most the piece under way; the upload goes on where it stopped, also after a crash."""
    applicant, made = Applicant(s), Made(s, "--material-kib", "3000")
    upload_id, sealed = max(made.materials.items(), key=lambda material: len(material[1]))
    path, rest = f"/declarations/{made.id}/uploads/{upload_id}", {name: one for name, one in made.materials.items() if name != upload_id}
    start = lambda: applicant.ask("POST", f"/declarations/{made.id}/uploads", {"upload_id": upload_id, "sealed_size": len(sealed)})
    received = lambda: applicant.ask("GET", path).json["received"]
    put = lambda offset, data: applicant.ask("PUT", f"{path}?offset={offset}", data)
    refused(made.submit(applicant), 409, "submission.upload_missing", "/materials/")
    check(len(sealed) > 3_000_000 and start().json["received"] == 0, "an upload begins at 0")
    broken_put(s, applicant, path, sealed, 0, MEBIBYTE, MEBIBYTE // 2)
    check(received() == 0, "half a piece was kept")
    check(put(0, sealed[:MEBIBYTE]).json["received"] == MEBIBYTE, "a whole piece is kept")
    broken_put(s, applicant, path, sealed, MEBIBYTE, MEBIBYTE, 100_000)
    check(received() == MEBIBYTE and start().json["received"] == MEBIBYTE, "the upload does not know where it stopped")
    wrong = put(0, sealed[:MEBIBYTE])
    refused(wrong, 409, "upload.offset")
    check(wrong.json["received"] == MEBIBYTE, "the refusal does not say where to go on")
    refused(put(MEBIBYTE, sealed[MEBIBYTE:] + b"and more"), 413, "upload.too_long")
    s.kill("portal")
    s.launch("portal")
    s.wait_ready("portal")
    check(received() == MEBIBYTE, "what was acknowledged is gone after a crash")
    for name, one in rest.items():
        applicant.ask("POST", f"/declarations/{made.id}/uploads", {"upload_id": name, "sealed_size": len(one)})
        check(applicant.ask("PUT", f"/declarations/{made.id}/uploads/{name}?offset=0", one).json["complete"], "a small one is complete")
    refused(made.submit(applicant), 409, "submission.upload_incomplete", "/materials/")
    check(put(MEBIBYTE, sealed[MEBIBYTE:]).json["complete"], "the rest completes it")
    check(made.submit(applicant).status == 200, "a resumed upload cannot be submitted")
    arrives(s, made.id)
    # Bytes that are not the seal announced are told at once, and their room is given back.
    wrong_id = str(uuid.uuid4())
    applicant.ask("POST", f"/declarations/{uuid.UUID(int=1)}/uploads", {"upload_id": wrong_id, "sealed_size": 5000})
    refused(applicant.ask("PUT", f"/declarations/{uuid.UUID(int=1)}/uploads/{wrong_id}?offset=0", os.urandom(5000)), 422, "upload.seal")
    return "resumed twice and after a crash; wrong offsets, excess and foreign bytes refused"


def double_submission(s):
    """The same submission again, at once or later, is the same declaration; another one under its name is refused."""
    applicant, made = Applicant(s), Made(s)
    made.upload(applicant)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = [future.result() for future in [pool.submit(made.submit, applicant) for _ in range(8)]]
    check(all(answer.status == 200 for answer in answers), f"answers {answers}")
    check(len({(answer.json["declaration_number"], answer.json["receipt"]) for answer in answers}) == 1, "eight at once got different numbers or receipts")
    check(sum(not answer.json["repeated"] for answer in answers) == 1, "not exactly one was the first")
    arrives(s, made.id)
    again = made.submit(Applicant(s))
    check(again.json["repeated"] and again.json["receipt"] == answers[0].json["receipt"], "another session got another receipt")
    check(s.rows("portal", f"SELECT COUNT(*) FROM submission WHERE declaration_id = '{made.id}'") == [(1,)], "it was taken in twice")
    check(s.rows("approval", f"SELECT COUNT(*) FROM case_event WHERE case_id = '{made.id}'") == [(1,)], "it was received twice")

    other = Made(s, "--item", "public-place-hygiene")
    other.id, other.folder = made.id, other.folder
    refused(other.submit(applicant), 400, "submission.other_declaration")
    stranger = Applicant(s, "rsa")
    refused(made.submit(stranger), 409, "submission.exists")
    return "8 at once and 1 later: one declaration, one receipt, one case"


def issue(s, name, subject, days=30, clock=None, issuer="issuing", profile="digitalSignature"):
    """A certificate of one's own, by an authority of the demonstration or by oneself."""
    folder = s.folder / "pki"
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    extensions = f"[req]\ndistinguished_name=dn\n[dn]\n[x]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,{profile}\nextendedKeyUsage=clientAuth,emailProtection\n" \
                 "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    config = folder / f"{name}.cnf"
    config.write_text(extensions)
    command = ["openssl", "req", "-x509", "-utf8", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", key, "-subj", subject, "-days", days, "-config", config,
               "-extensions", "x", "-out", certificate] + (["-CA", folder / f"{issuer}.pem", "-CAkey", folder / f"{issuer}.key"] if issuer else [])
    subprocess.run([*(["faketime", "-f", clock] if clock else []), *map(str, command)], check=True, capture_output=True)
    if issuer:
        certificate.write_text(certificate.read_text() + (folder / f"{issuer}.pem").read_text())
    return {"certificate": certificate, "key": key}


COMPANY = "/C=CN/O=津渡市试验有限公司/serialNumber=91120101MA05TK1Q3G/CN=津渡市试验有限公司"


def certificates(s):
    """Unknown, expired, not yet valid, revoked and unfitting certificates are refused by name, for applicants and officials."""
    logs_in = lambda **files: Applicant(s, **files).answer
    refused(logs_in(**issue(s, "stranger", COMPANY, issuer=None)), 422, "certificate.unknown_issuer")
    refused(logs_in(**issue(s, "expired", COMPANY, clock="-60d")), 410, "certificate.expired")
    refused(logs_in(**issue(s, "early", COMPANY, clock="+60d")), 422, "certificate.not_yet_valid")
    refused(logs_in(**issue(s, "nameless", "/C=CN/O=x/CN=x")), 403, "login.certificate", "serialNumber")
    mine = issue(s, "mine", COMPANY)
    applicant = Applicant(s, **mine)
    check(applicant.answer.status == 200, f"a good certificate is refused: {applicant.answer}")

    # Revoked after the log-in: neither another log-in nor a submission signed with it.
    company = s.folder / "pki/companies/rsa.pem"
    logged_in, made = Applicant(s, "rsa"), Made(s, "--applicant", "rsa", "--item", "road-transport-operation")
    made.upload(logged_in)
    for certificate in (mine["certificate"], company, s.folder / "pki/officials/health-reviewer.pem"):
        subprocess.run([ROOT / "deploy/pki/revoke", s.folder / "pki", certificate], check=True)
    for program in ("portal", "approval"):
        s.restart(program)
        s.wait_ready(program)
    refused(logs_in(**mine), 422, "certificate.revoked")
    refused(made.submit(logged_in), 422, "certificate.revoked")
    check(portal_status(s, made.id) is None, "a refused submission is there")

    official = lambda name: s.approval(name, "GET", "/api/v1/me")
    check(official("health-acceptor").status == 200, "a good official is refused")
    for name, files in {"revoked": "officials/health-reviewer", "expired": "old-official", "unknown": "false-official", "none": None}.items():
        if files == "old-official":
            issue(s, files, "/C=CN/O=x/CN=冯明", clock="-60d")
        if files == "false-official":
            issue(s, files, "/C=CN/O=x/CN=冯明", issuer=None)
        try:
            answer = s.ask(s.int, 9443, files, "GET", "/api/v1/me")
            # Whoever shows none is told so in words; bad ones end with the handshake.
            check(name == "none" and answer.status == 401 and answer.code == "official.no_certificate", f"an official's certificate that is {name} was let in: {answer}")
        except (ssl.SSLError, ConnectionError, http.client.HTTPException):
            pass
    issue(s, "nobody", "/C=CN/O=x/CN=路人")
    refused(s.ask(s.int, 9443, "nobody", "GET", "/api/v1/me"), 403, "official.not_registered")
    return "of applicants: unknown, expired, early, nameless, revoked; of officials: unknown, expired, revoked, none, unregistered"


def catalogue_mistakes(s):
    """A catalogue with a mistake is refused whole, with line and reason; what is published stays."""
    serial = s.portal("GET", "/api/v1/catalogue").json["serial"]
    good = json.loads((s.folder / "config/catalogue.json").read_text())
    good["serial"] = serial + 1

    def publish(text):
        file, signature = s.folder / "config/changed.json", s.folder / "config/changed.cms"
        file.write_text(text)
        subprocess.run([BIN / "jindu-admin", "catalogue", "sign", file, "--p12", s.folder / "pki/officials/editor.p12", "--passphrase-file", s.folder / "pki/passphrase", "-o", signature],
                       check=True, capture_output=True)
        encode = lambda path: base64.b64encode(path.read_bytes()).decode()
        return s.approval("editor", "POST", "/api/v1/catalogue/publish", {"catalogue": encode(file), "signature": encode(signature)})

    def line_of(text, part):
        return text[:text.index(part)].count("\n") + 1

    def with_mistake(change):
        catalogue = json.loads(json.dumps(good))
        change(catalogue)
        return json.dumps(catalogue, ensure_ascii=False, indent=1)

    text = with_mistake(lambda c: c["items"][3]["limits"].update(promised_working_days=4711))
    refused(publish(text), 400, "catalogue.item", f"line {line_of(text, '4711')}", "/items/3/limits/promised_working_days")
    text = with_mistake(lambda c: c["items"][0].update(department="nobody"))
    where = text.index('"department": "nobody"')
    refused(publish(text), 400, "catalogue.unknown_department", f"line {text[:where].count(chr(10)) + 1}", "/items/0/department")
    text = json.dumps(good, ensure_ascii=False, indent=1).replace('"calendar": {', '"calendar": {,', 1)
    refused(publish(text), 400, "catalogue.syntax", f"line {line_of(text, '{,')}")
    refused(publish(with_mistake(lambda c: c.update(serial=serial))), 409, "catalogue.serial")
    changed = s.approval("health-acceptor", "POST", "/api/v1/catalogue/publish", {"catalogue": "", "signature": ""})
    check(changed.status == 403, f"somebody who is no editor may publish: {changed}")
    check(s.approval("editor", "GET", "/api/v1/catalogue").json["serial"] == serial, "something was published on the intranet")
    check(s.portal("GET", "/api/v1/catalogue").json["serial"] == serial, "something was published on the portal")
    check(publish(with_mistake(lambda c: None)).status in (200, 201, 204), "the good one is refused as well")
    until(lambda: s.portal("GET", "/api/v1/catalogue").json["serial"] == serial + 1, 30, "the good one reaches the portal")
    return "limits, department, syntax, serial, editor; then the good one goes through"


def small_disk():
    """A full disk: refusals that say so, nothing lost, and all goes on when there is room again. No other disk is touched: data lies on a small one of its own."""
    s = System()
    data = s.folder / "data"
    try:
        onto_small_disk(s, data)
        made = Made(s)
        applicant = Applicant(s)
        upload_id, sealed = next(iter(made.materials.items()))
        path = f"/declarations/{made.id}/uploads"
        applicant.ask("POST", path, {"upload_id": upload_id, "sealed_size": len(sealed)})

        refused(applicant.ask("POST", path, {"upload_id": str(uuid.uuid4()), "sealed_size": 200 * MEBIBYTE}), 507, "upload.disk_full")
        fill(data / "fill", left=600_000)  # less than the reserve of 1 MiB, so that only the database may still write
        refused(applicant.ask("PUT", f"{path}/{upload_id}?offset=0", sealed), 507, "upload.disk_full")
        for program in ("portal", "gateway-outer", "gateway-inner"):
            ready = s.operations(program, "/readyz")
            check(ready.status == 503 and ready.json["checks"]["disk"] != "ok", f"{program} says it is ready: {ready}")
            check(s.operations(program, "/healthz").status == 200, f"{program} says it is dead")
        fill(data / "fill-whole", left=0)
        challenge = s.portal("POST", "/api/v1/session/company/challenge")
        refused(challenge, 503, "storage.full")
        check(challenge.headers["Retry-After"], "nothing says when to try again")
        # People who apply meanwhile only have to wait.
        waiting = [s.journey("--item", item, wait=False, patience=90) for item in ("food-business-licence", "outdoor-advertising")]
        time.sleep(2)
        check(all(process.poll() is None for process in waiting), "somebody gave up though the disk is only full")
        (data / "fill-whole").unlink()
        (data / "fill").unlink()
        for process in waiting:
            out, _ = process.communicate()
            check(process.returncode == 0, f"an application did not go on when there was room again:\n{out}")
        check(applicant.ask("GET", f"{path}/{upload_id}").json["received"] == 0, "a refused piece was counted")
        made.upload(applicant)
        check(made.submit(applicant).status == 200, "a submission is refused though there is room again")
        arrives(s, made.id)

        # The isolated side alone is full: the dossier waits, and arrives when there is room.
        waits = Made(s)
        waits.upload(applicant)
        s.send("gateway-inner", signal.SIGSTOP)
        check(waits.submit(applicant).status == 200, "the portal refuses though only the other side is away")
        fill(data / "fill", left=0)
        s.send("gateway-inner", signal.SIGCONT)
        time.sleep(2)
        check(portal_status(s, waits.id) != "received", "it was received on a full disk")
        (data / "fill").unlink()
        arrives(s, waits.id)
        for program in ("portal", "gateway-outer", "gateway-inner", "approval"):
            s.wait_ready(program)
        return "uploads 507, databases 503 with Retry-After, readyz says disk; 4 applications went on afterwards"
    finally:
        subprocess.run(["umount", "-l", data], capture_output=True)
        s.reset()


def onto_small_disk(s, data):
    """Moves all data of the four services to a disk of 96 MiB, with reserves that fit."""
    for program in reversed(SERVICES):
        s.send(program, signal.SIGTERM)
    kept = s.folder / "kept"
    data.rename(kept)
    data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m,mode=700", "jindu-test", data], check=True)
    shutil.copytree(kept, data, dirs_exist_ok=True)
    for name, old, new in (("portal", "disk_reserve_mib = 512", "disk_reserve_mib = 1"), ("gateway-outer", "minimum_free_bytes = 268435456", "minimum_free_bytes = 1048576"),
                           ("gateway-inner", "minimum_free_bytes = 268435456", "minimum_free_bytes = 1048576")):
        file = s.folder / f"config/{name}.toml"
        text = file.read_text()
        check(old in text, f"{file} does not say {old}")
        file.write_text(text.replace(old, new))
    for program in SERVICES:
        s.launch(program)
    for program in SERVICES:
        s.wait_ready(program)


def fill(file, left):
    """Takes all room but `left` bytes."""
    free = os.statvfs(file.parent)
    count = free.f_bavail * free.f_frsize - left
    with open(file, "wb", buffering=0) as out:
        try:
            while count > 0:
                count -= out.write(bytes(min(count, MEBIBYTE)))
        except OSError:
            if left:
                raise


def database_goes_away(s):
    """PostgreSQL stops on one side, then on the other: 503 and not ready, alive all the same; then everything goes on by itself."""
    told = []
    for program, server, name in (("portal", "postgres-ext", "portal"), ("approval", "postgres-int", "approval")):
        waiting = s.journey("--path", "supplement", wait=False, patience=90)
        s.send(server, signal.SIGINT)
        try:
            until(lambda: s.operations(program, "/readyz").status == 503, 10, f"{program} says that it is not ready")
            check(s.operations(program, "/healthz").status == 200, f"{program} says it is dead")
            answer = s.portal("GET", "/api/v1/declarations", headers={"Cookie": "__Host-jindu=" + "x" * 43}) if program == "portal" else s.approval("editor", "GET", "/api/v1/worklist")
            check(answer.status == 503 and answer.code == "storage.unavailable" and answer.headers["Retry-After"], f"without a database {program} answers {answer}")
            for word in ("5433", "jindu@", "password", "SELECT"):
                check(word not in answer.body.decode(), f"the answer tells the world about our database: {answer}")
        finally:
            s.launch(server)
        until(lambda: s.operations(program, "/readyz").status == 200, 20, f"{program} finds its database again")
        out, _ = waiting.communicate()
        check(waiting.returncode == 0, f"an application did not go on:\n{out}")
        told.append(name)
    return f"the database of {' and of '.join(told)} went away and came back"
