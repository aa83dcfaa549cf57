"""What operators rely on: health and metrics, logs without people in them, limits, a stop that finishes, a configuration that says what is wrong."""
import base64, concurrent.futures, http.client, json, os, pathlib, re, signal, socket, ssl, subprocess, time

from running_system import BIN, ROOT, SERVICES, Applicant, Made, System, check, until
from bad_input import arrives

PUBLIC_SIDE = ("portal", "gateway-outer", "guard", "switch", "postgres-ext")


def health(s):
    """Each service says that it lives, whether it is ready, and what it does; to operators, not to the world."""
    for program in SERVICES:
        check(s.operations(program, "/healthz").json == {"status": "alive"}, f"{program} does not say that it lives")
        ready = s.operations(program, "/readyz").json
        check(ready["ready"] and ready["checks"] and set(ready["checks"].values()) == {"ok"}, f"{program} is not ready: {ready}")
        text = s.operations(program, "/metrics").body.decode()
        samples = [line for line in text.splitlines() if line and not line.startswith("#")]
        check(all(re.fullmatch(r"[a-z_]+(\{[^}]*\})? [-+0-9.eEinfINFa]+", line) for line in samples), f"metrics of {program} are no Prometheus text")
        for family in ("jindu_http_requests_total", "jindu_http_request_seconds"):
            check(any(line.startswith(family) for line in samples), f"{program} has no {family}")
    for host, port, certificate in ((s.ext, 8443, None), (s.int, 9443, "officials/editor")):
        check(s.ask(host, port, certificate, "GET", "/metrics").status in (404, 200) and b"jindu_" not in s.ask(host, port, certificate, "GET", "/metrics").body, "metrics are open to the world")
        check(s.ask(host, port, certificate, "GET", "/api/openapi.json").json["openapi"].startswith("3.1"), "no OpenAPI 3.1 document is served")
    listeners = [(s.ext, 8443), (s.ext, 7001), (s.ext, 7002), (s.int, 9443), (s.int, 7001), (s.int, 7002)]
    for host, port in listeners:
        for version, works in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
            done = subprocess.run(["openssl", "s_client", "-connect", f"{host}:{port}", version, "-cipher", "ALL:@SECLEVEL=0"], input=b"", capture_output=True, timeout=20)
            negotiated = re.search(rb"^ *(New, TLSv1\.[0-9], Cipher is (?!\(NONE\)).*)$", done.stdout, re.M)
            check(bool(negotiated) == works, f"{host}:{port} with {version}: {done.stdout[-600:]}{done.stderr[-300:]}")
    return f"4 services; metrics are not public; {len(listeners)} listeners speak TLS 1.2 and 1.3 alone"


def values_of(form):
    if isinstance(form, dict):
        for value in form.values():
            yield from values_of(value)
    elif isinstance(form, list):
        for value in form:
            yield from values_of(value)
    elif isinstance(form, str):
        yield form


def personal_values():
    """What applicants of the samples have written, as far as it is long enough to be told from chance."""
    values = {value for sample in (ROOT / "deploy/catalogue/samples").glob("*.json") for value in values_of(json.loads(sample.read_text()))}
    words = {value for value in values if len(value.encode()) >= 9 and not re.fullmatch(r"[a-z_]+|\d{4}-\d\d-\d\d", value)}
    check(len(words) > 30, "the samples hold hardly anything")
    return words


def spellings(word):
    """The bytes that a word may hide in: as text, in JSON's escapes, in UTF-16, in base64 at each of its three offsets, in hexadecimal."""
    raw = word.encode()
    yield raw
    yield json.dumps(word)[1:-1].encode()
    yield word.encode("utf-16-le")
    yield word.encode("utf-16-be")
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(bytes(offset) + raw)
            # The first and last characters also hold bits of what stands beside.
            part = whole[(0, 2, 3)[offset]:len(whole) - 4] if len(raw) % 3 or offset else whole[:-4]
            if len(part) >= 10:
                yield part


def found_in(paths, words):
    """Which words stand in which files, in whatever spelling."""
    needles = {spelling: word for word in words for spelling in spellings(word)}
    pattern = re.compile(b"|".join(re.escape(needle) for needle in sorted(needles, key=len, reverse=True)))
    found = {}
    for path in paths:
        for hit in pattern.finditer(path.read_bytes()):
            found.setdefault(needles[hit.group()], set()).add(path.name)
    return found


def files_below(folder):
    return [path for path in pathlib.Path(folder).rglob("*") if path.is_file()]


def logs(s):
    """Every line is JSON; every request can be followed by its id; no line says who applied for what."""
    applicant = Applicant(s)
    answer = applicant.ask("GET", "/declarations")
    request_id = answer.headers["X-Request-Id"]
    given = applicant.ask("GET", "/declarations", headers={"X-Request-Id": "asked-by-a-test-1"}).headers["X-Request-Id"]
    s.journey("--applicant", "citizen", "--item", "outdoor-advertising")
    requests = 0
    for program in (*SERVICES, "guard"):
        for line in s.log(program).splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                check(False, f"a line of {program} is no JSON: {line[:300]}")
            check({"time", "level", "program", "event"} <= set(entry), f"a line of {program} lacks something: {line[:300]}")
            if entry["event"] == "http.request":
                requests += 1
                check(entry["request_id"] and "status" in entry and "{" not in entry["request_id"], f"{program}: {line[:300]}")
    until(lambda: request_id in s.log("portal"), 5, "the request can be found by the id that its answer told")
    check(given != "asked-by-a-test-1" or given in s.log("portal"), "a request id was answered but not logged")
    people = personal_values() | {"91120101MA05TK1Q3G", "津渡市渡口餐饮管理有限公司", "王晓渡", "11010519900307283X"}
    paths = [s.folder / f"logs/{program}.log" for program in (*SERVICES, "guard", "clamd") if (s.folder / f"logs/{program}.log").exists()]
    found = found_in(paths, people)
    check(not found, f"logs tell of people: {found}")
    check(s.access["passphrase"] not in "".join(s.log(program) for program in SERVICES), "a passphrase is in a log")
    return f"{requests} requests logged with ids, none with personal data"


def break_in(s):
    """Whoever takes the whole public side away, its database, files, journal and logs, finds nothing of what applicants wrote or attached."""
    made = Made(s, "--material-kib", "64")
    applicant = Applicant(s)
    made.upload(applicant)
    check(made.submit(applicant).status == 200, "it cannot be submitted")
    # Kept on the public side while it waits, which is when there is most to find.
    waiting = Made(s, "--item", "public-place-hygiene")
    s.send("gateway-inner", signal.SIGSTOP)
    try:
        waiting.upload(applicant)
        check(waiting.submit(applicant).status == 200, "it cannot be submitted while the other side is away")
        paths = [path for name in ("portal", "gateway-outer") for path in files_below(s.folder / f"data/{name}")]
        paths += list((s.folder / "data").glob("portal.sqlite*")) + [s.folder / f"logs/{name}.log" for name in ("portal", "gateway-outer")]
        if s.database == "postgresql":
            dump = s.folder / "portal.dump"
            dump.write_bytes(subprocess.run([*s.inside("ext"), "pg_dump", "-h", s.ext, "-p", "5433", "-U", "jindu", "jindu"], capture_output=True, check=True).stdout)
            paths.append(dump)
        size = sum(path.stat().st_size for path in paths)
        account = {"津渡市渡口餐饮管理有限公司", "91120101MA05TK1Q3G"}
        check(set(found_in(paths, account)) == account, "the search does not even find the company's account")
        # Nor is the name that a citizen gave to an account, though somebody of that name stands in a form.
        account |= {row[0] for row in s.rows("portal", "SELECT name FROM account")}
        # What the guide and the catalogue say to everybody is no secret.
        public = json.dumps(s.portal("GET", "/api/v1/catalogue").json, ensure_ascii=False) + "".join(
            json.dumps(s.portal("GET", f"/api/v1/items/{item['id']}").json, ensure_ascii=False) for item in s.portal("GET", "/api/v1/catalogue").json["items"])
        secret = {word for word in personal_values() | {"p" * 200, "BT /F1 18 Tf", "business-licence.pdf", "floor-plan.pdf"} if word not in public} - account
        found = found_in(paths, secret)
        check(not found, f"the public side holds what was written: {found}")
    finally:
        s.send("gateway-inner", signal.SIGCONT)
    arrives(s, made.id)
    arrives(s, waiting.id)
    return f"{len(secret)} values in every spelling, not found in {len(paths)} files, {size >> 10} KiB"


def slow_and_rubbish_clients(s):
    """Many slow connections and rubbish cost little: others are answered as before, memory stays, and the connections end."""
    context = ssl.create_default_context(cafile=s.folder / "pki/root.pem")

    def resident():
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{s.pid('portal')}/status").read_text()).group(1)) * 1024

    def answers_in(times=20):
        took = []
        for _ in range(times):
            began = time.monotonic()
            check(s.portal("GET", "/api/v1/session").status == 200, "the portal does not answer")
            took.append(time.monotonic() - began)
        return sorted(took)[times // 2]

    before, memory = answers_in(), resident()
    plain = [socket.create_connection((s.ext, 8443), 5) for _ in range(80)]  # never begin TLS
    slow = []
    def begin():
        connection = context.wrap_socket(socket.create_connection((s.ext, 8443), 5), server_hostname=s.ext)
        connection.sendall(b"GET /api/v1/catalogue HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        return connection
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        slow = list(pool.map(lambda _: begin(), range(80)))
    began, ended = time.monotonic(), 0
    middle = answers_in()
    check(middle < max(0.5, 5 * before), f"with 160 slow clients an answer takes {middle:.3f} s instead of {before:.3f} s")
    check(resident() - memory < 64 << 20, f"160 slow clients cost {(resident() - memory) >> 20} MiB")
    # A byte now and then is no progress: a header has ten seconds.
    while time.monotonic() - began < 9:
        for connection in slow:
            try:
                connection.sendall(b"a")
            except OSError:
                pass
        time.sleep(1)
    def closed(connection):
        connection.settimeout(8)
        try:
            return connection.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        ended = sum(pool.map(closed, slow + plain))
    check(ended == len(slow) + len(plain), f"only {ended} of {len(slow) + len(plain)} slow connections were ended")

    def raw(data):
        with context.wrap_socket(socket.create_connection((s.ext, 8443), 5), server_hostname=s.ext) as connection:
            connection.settimeout(15)
            answer = b""
            try:
                connection.sendall(data)
                while part := connection.recv(65536):
                    answer += part
            except OSError:
                pass
            return answer
    rubbish = {
        "no HTTP": os.urandom(3000), "no version": b"GET /\r\n\r\n", "a huge header": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 60_000 + b"\r\n\r\n",
        "a path that climbs": b"GET /../../../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "two lengths": b"POST /api/v1/check HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello",
        "a body without end": b"POST /api/v1/check HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\nConnection: close\r\n\r\n",
        "a body over the limit": b"POST /api/v1/check HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\nConnection: close\r\n\r\n",
        "a chunked body over the limit": b"POST /api/v1/check HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + b"ffff\r\n" + b"a" * 65535 + b"\r\n0\r\n\r\n",
        "no JSON": b"POST /api/v1/check HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4\r\nConnection: close\r\n\r\n{{{{",
        "JSON without end": b"POST /api/v1/accounts/citizen/parameters HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000\r\nConnection: close\r\n\r\n" + b"[" * 4000,
    }
    for what, data in rubbish.items():
        answer = raw(data)
        status = int(answer.split()[1]) if answer.startswith(b"HTTP/1.") else None
        check(status is None or 400 <= status < 500 or (status == 200 and what == "a path that climbs"), f"{what} is answered {answer[:300]}")
        check(b"root:" not in answer, f"{what} reads files of the machine")
    # Nobody may take all connections: those beyond the share of one address are not served, and later ones are.
    many = []
    for _ in range(300):
        try:
            many.append(socket.create_connection((s.ext, 8443), 2))
        except OSError:
            break
    for connection in many:
        connection.close()
    until(lambda: s.portal("GET", "/api/v1/session").status == 200, 10, "the portal answers after a crowd")
    check(s.alive("portal") and resident() - memory < 96 << 20, "the crowd cost memory")
    return f"160 slow ones ended, an answer took {middle * 1000:.0f} ms meanwhile ({before * 1000:.0f} before); {len(rubbish)} kinds of rubbish"


def graceful_stop(s):
    """Asked to stop, each program finishes what is under way, takes nothing new, and ends well."""
    applicant, made = Applicant(s), Made(s, "--material-kib", "1200")
    upload_id, sealed = max(made.materials.items(), key=lambda material: len(material[1]))
    applicant.ask("POST", f"/declarations/{made.id}/uploads", {"upload_id": upload_id, "sealed_size": len(sealed)})
    connection = s.connection(s.ext, 8443)
    connection.connect()
    connection.putrequest("PUT", f"/api/v1/declarations/{made.id}/uploads/{upload_id}?offset=0")
    for name, value in {**applicant.headers, "Content-Length": str(len(sealed))}.items():
        connection.putheader(name, value)
    connection.endheaders(sealed[:200_000])
    idle = s.connection(s.ext, 8443)
    idle.request("GET", "/api/v1/session")
    idle.getresponse().read()
    pid = s.pid("portal")
    s.command_of("portal")
    os.kill(pid, signal.SIGTERM)
    until(lambda: refuses(s.ext, 8443), 5, "the portal takes no new connections")
    connection.send(sealed[200_000:])
    answer = connection.getresponse()
    check(answer.status == 200 and json.loads(answer.read())["complete"], "what was under way was not finished")
    until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), 20, "the portal ends")
    s.launch("portal")
    s.wait_ready("portal")
    check(applicant.ask("GET", f"/declarations/{made.id}/uploads/{upload_id}").json["complete"], "what was finished is gone")
    ended = {}
    for program in ("approval", "gateway-inner", "gateway-outer", "portal", "guard"):
        s.command_of(program)
        before = s.pid(program)
        began = time.monotonic()
        s.restart(program)
        ended[program] = time.monotonic() - began
        check(ended[program] < 15 and s.pid(program) != before, f"{program} took {ended[program]:.0f} s to stop")
    for program in SERVICES:
        s.wait_ready(program)
        text = s.log(program)
        check(".stopping" in text and '"level":"critical"' not in text, f"{program} did not say that it stops")
    s.journey()
    return "an upload under way was finished; " + ", ".join(f"{program} stops in {seconds:.1f} s" for program, seconds in ended.items())


def refuses(host, port):
    try:
        socket.create_connection((host, port), 1).close()
        return False
    except ConnectionRefusedError:
        return True


def configuration(s):
    """--check-config says file, line and key of what is wrong, for every program, and nothing starts with it."""
    programs = {"portal": ["jindu-portal"], "approval": ["jindu-approval"], "gateway-outer": ["jindu-gateway", "--unit", "outer"], "gateway-inner": ["jindu-gateway", "--unit", "inner"]}
    tried = 0
    for name, command in programs.items():
        good = (s.folder / f"config/{name}.toml").read_text()
        file = s.folder / f"config/wrong-{name}.toml"

        def told(text):
            file.write_text(text)
            return subprocess.run([BIN / command[0], *command[1:], "--config", file, "--check-config"], capture_output=True, text=True, timeout=20)

        done = told(good)
        check(done.returncode == 0, f"{name} refuses its good configuration: {done.stderr}")
        lines = good.splitlines()
        number = next(n for n, line in enumerate(lines) if line.startswith("port = "))
        table = next(line for line in reversed(lines[:number]) if line.startswith("[")).strip("[]")
        def changed(line):
            return "\n".join(lines[:number] + [line] + lines[number + 1:]) + "\n"
        certificate = next(n for n, line in enumerate(lines) if line.startswith("certificate = "))
        section = next(line for line in reversed(lines[:certificate]) if line.startswith("[")).strip("[]")
        cases = {
            "a word for a number": (changed('port = "https"'), f"{file}:{number + 1}: {table}.port"),
            "out of range": (changed("port = 70000"), f"{file}:{number + 1}: {table}.port"),
            "unknown key": (changed(lines[number] + "\nprot = 1"), f"{file}:{number + 2}: {table}.prot"),
            "missing key": (changed(""), f"{table}.port"),
            "syntax": (changed("port = = 1"), f"{file}:{number + 1}"),
            "unknown table": (good + "\n[surprise]\nx = 1\n", f"{file}:{len((good + chr(10)).splitlines()) + 1}: surprise"),
            "missing file": ("\n".join(lines[:certificate] + ['certificate = "/nowhere/x.pem"'] + lines[certificate + 1:]) + "\n", f"{file}:{certificate + 1}: {section}.certificate"),
        }
        for what, (text, place) in cases.items():
            done = told(text)
            tried += 1
            check(done.returncode != 0 and place in done.stderr, f"{name}, {what}: exit {done.returncode}, expected '{place}' in: {done.stderr}{done.stdout}")
            check(len(done.stderr.splitlines()) <= 2, f"{name}, {what}: more than one sentence: {done.stderr}")
        started = subprocess.run([BIN / command[0], *command[1:], "--config", file], capture_output=True, text=True, timeout=20)
        check(started.returncode != 0, f"{name} starts with a wrong configuration")
        file.unlink()
        absent = subprocess.run([BIN / command[0], *command[1:], "--config", file, "--check-config"], capture_output=True, text=True, timeout=20)
        check(absent.returncode != 0 and str(file) in absent.stderr, f"{name} does not say which file is absent: {absent.stderr}")
    return f"{tried} mistakes in 4 programs"
