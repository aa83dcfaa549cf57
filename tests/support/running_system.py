"""A whole system of a test's own: started by deploy/demo on networks of its own, asked, looked into, disturbed, and taken away."""
import base64, contextlib, http.client, json, os, pathlib, random, shutil, signal, socket, sqlite3, ssl, subprocess, sys, tempfile, threading, time, uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("JINDU_BIN", ROOT / "build/release/bin"))
SEED = int(os.environ.get("JINDU_SEED", str(random.randrange(10**6))))
SERVICES = ("portal", "gateway-outer", "gateway-inner", "approval")
# Generous, so that many journeys from one address are no flood.
LIMITS = """
[limits]
disk_reserve_mib = 512
submissions = 100000
registrations = 100000
address_attempts = 100000
login_attempts = 100000
checks = 100000
uploads_per_account = 100000
"""


class Failed(Exception):
    pass


def check(holds, what):
    if not holds:
        raise Failed(what() if callable(what) else what)


def until(condition, seconds, what):
    """Looks until it is so, and gives what was seen; a refusal to answer is no answer."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            seen = condition()
            if seen:
                return seen
        if time.monotonic() > end:
            raise Failed(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.05)


def may_make_networks():
    probe = "ip netns list && unshare --net nft add table inet probe"
    return os.geteuid() == 0 and subprocess.run(["bash", "-c", probe], capture_output=True).returncode == 0


def free_prefix(claims=[]):
    """Of addresses, for this process until it ends: what others have claimed is theirs before they have made their networks."""
    taken = subprocess.run(["ip", "-4", "-o", "address"], capture_output=True, text=True).stdout
    for prefix in (f"10.{n}" for n in random.SystemRandom().sample(range(100, 250), 150)):
        claim = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(OSError):
            claim.bind(f"\0jindu-network-{prefix}")
            if f" {prefix}." not in taken:
                claims.append(claim)
                return prefix
    raise Failed("no network is free")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json.get("code") if self.body[:1] == b"{" else None

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class System:
    """`pki`: a folder to take keys from (made for the same prefix), since making them takes seconds."""

    def __init__(self, carrier="link", database="sqlite", loopback=False, limits=LIMITS, prefix=None, pki=None, folder=None):
        self.carrier, self.database, self.loopback = carrier, database, loopback
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="jindu-system-"))
        self.name = "t" + uuid.uuid4().hex[:5]  # of network namespaces
        self.prefix = prefix or free_prefix()
        if pki:
            shutil.copytree(pki, self.folder / "pki")
        try:
            self.start(limits=limits)
        except BaseException:
            self.stop()
            raise

    # ---- running it

    def demo(self, *words, check_it=True):
        environment = dict(os.environ, JINDU_DEMO_DIR=str(self.folder), JINDU_DEMO_NAME=self.name, JINDU_DEMO_PREFIX=self.prefix)
        done = subprocess.run([ROOT / "deploy/demo", "--no-build", *words], env=environment, capture_output=True, text=True)
        if check_it and done.returncode != 0:
            raise Failed(f"deploy/demo {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def start(self, limits=None):
        began = time.monotonic()
        self.demo("start", "--carrier", self.carrier, "--database", self.database, *(["--loopback"] if self.loopback else []))
        self.started_in = time.monotonic() - began
        self.access = json.loads((self.folder / "access.json").read_text())
        self.namespaces = self.access["namespaces"]
        self.ext, self.int = (self.access[side].split("//")[1].split(":")[0] for side in ("portal", "approval"))
        if limits:
            config = self.folder / "config/portal.toml"
            before, rest = config.read_text().split("[limits]")
            config.write_text(before + limits.strip() + "\n\n" + rest[rest.index("\n["):].lstrip())
            self.restart("portal")
            self.wait_ready("portal")

    def stop(self):
        self.demo("stop")

    def reset(self):
        self.demo("reset", check_it=False)
        shutil.rmtree(self.folder, ignore_errors=True)
        left = self.programs_here()
        # Not in the place of what has failed before.
        check(not left or sys.exc_info()[0], f"after the reset there still run {left}")

    def programs_here(self):
        """The commands of all processes that work in the folder of this system."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "cwd").removesuffix(" (deleted)") == str(self.folder):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip())
            except OSError:
                pass  # it has ended meanwhile
        return [command for command in found if command]

    def inside(self, side):
        """The words before a command that put it into the network of `side`: ext, int or guard."""
        return ["ip", "netns", "exec", f"{self.namespaces}-{side}"] if self.namespaces else []

    def side_of(self, program):
        return {"guard": "guard", "switch": None}.get(program, "int" if program in ("approval", "gateway-inner", "clamd", "postgres-int") else "ext")

    def pid(self, program):
        return int((self.folder / f"run/{program}.pid").read_text().split()[0])

    def alive(self, program):
        return pathlib.Path(f"/proc/{self.pid(program)}/cmdline").exists() and self.state_of(program) != "Z"

    def state_of(self, program):
        return pathlib.Path(f"/proc/{self.pid(program)}/stat").read_text().rpartition(") ")[2].split()[0]

    def send(self, program, number, wait=20):
        """A signal; for one that ends it, waits until it has ended."""
        pid = self.pid(program)
        self.command_of(program)
        os.kill(pid, number)
        if number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
            until(lambda: not pathlib.Path(f"/proc/{pid}").exists() or pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z"),
                  wait, f"{program} ends after signal {number}")

    def command_of(self, program):
        commands = self.__dict__.setdefault("commands", {})
        if program not in commands:
            commands[program] = pathlib.Path(f"/proc/{self.pid(program)}/cmdline").read_bytes().decode().rstrip("\0").split("\0")
        return commands[program]

    def launch(self, program, before=()):
        """As deploy/demo launches it; `before`: words before the command, such as a clock of its own."""
        side = self.side_of(program)
        if program.startswith("postgres-") and os.geteuid() == 0:  # which refuses to run as root
            before = ("setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups", *before)
        log = open(self.folder / f"logs/{program}.log", "ab")
        process = subprocess.Popen([*(self.inside(side) if side else []), *before, *self.command_of(program)], cwd=self.folder, stdout=log, stderr=log,
                                   stdin=subprocess.DEVNULL, start_new_session=True)
        threading.Thread(target=process.wait, daemon=True).start()
        since = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].split()[19]
        (self.folder / f"run/{program}.pid").write_text(f"{process.pid} {since}\n")

    def kill(self, program):
        self.send(program, signal.SIGKILL)

    def restart(self, program, number=signal.SIGTERM):
        self.send(program, number)
        self.launch(program)

    def wait_ready(self, program, seconds=20):
        until(lambda: self.operations(program, "/readyz").status == 200, seconds, f"{program} is ready")
        # What operators see opens before what people see.
        if program == "portal":
            until(lambda: self.portal("GET", "/readyz").status == 200, seconds, "the portal answers people")
        if program == "approval":
            until(lambda: self.approval("editor", "GET", "/readyz").status == 200, seconds, "the approval system answers officials")

    def log(self, program):
        return (self.folder / f"logs/{program}.log").read_text(errors="replace")

    # ---- asking it

    def connection(self, host, port, certificate=None, timeout=30):
        context = ssl.create_default_context(cafile=self.folder / "pki/root.pem")
        if certificate:
            context.load_cert_chain(self.folder / f"pki/{certificate}.pem", self.folder / f"pki/{certificate}.key")
        return http.client.HTTPSConnection(host, port, context=context, timeout=timeout)

    def ask(self, host, port, certificate, method, path, body=None, headers=None, timeout=30):
        connection = self.connection(host, port, certificate, timeout)
        try:
            if isinstance(body, (dict, list)):
                body, headers = json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})}
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def portal(self, method, path, body=None, **named):
        return self.ask(self.ext, 8443, None, method, path, body, **named)

    def approval(self, official, method, path, body=None, headers=None, **named):
        own = {"X-Requested-With": "jindu", "Origin": self.access["approval"]}
        return self.ask(self.int, 9443, f"officials/{official}", method, path, body, {**own, **(headers or {})}, **named)

    def operations(self, program, path):
        host, port = {"portal": (self.ext, 7901), "approval": (self.int, 9901), "gateway-outer": (self.ext, 7900), "gateway-inner": (self.int, 7900)}[program]
        connection = http.client.HTTPConnection(host, port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def journey(self, *words, wait=True, patience=60):
        """A whole application by jindu-journey; gives its output, or the running process."""
        command = [BIN / "jindu-journey", self.folder / "access.json", "--catalogue", ROOT / "deploy/catalogue", "--patience", str(patience), *words]
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if not wait:
            return process
        out, _ = process.communicate()
        check(process.returncode == 0, f"jindu-journey {' '.join(map(str, words))} ended with {process.returncode}:\n{out}")
        return out

    # ---- looking into it

    def rows(self, service, sql):
        """Of the database of portal or approval. Bytes are asked for as hex({column})."""
        if self.database == "sqlite":
            with contextlib.closing(sqlite3.connect(f"file:{self.folder}/data/{service}.sqlite?mode=ro", uri=True, timeout=20)) as connection:
                return [tuple(row) for row in connection.execute(sql)]
        side, host = ("ext", self.ext) if service == "portal" else ("int", self.int)
        sql = sql.replace("hex(", "pg_temp.hex(")
        query = "create function pg_temp.hex(bytea) returns text language sql as $$select upper(encode($1, 'hex'))$$; " \
                f"select coalesce(json_agg(json_build_array(variadic array(select value from json_each(row_to_json(r))))), '[]') from ({sql}) r"
        done = subprocess.run([*self.inside(side), "psql", "-qAtX", "-h", host, "-p", "5433", "-U", "jindu", "-d", "jindu", "-c", query], capture_output=True, text=True)
        check(done.returncode == 0, f"psql: {done.stderr}")
        return [tuple(row) for row in json.loads(done.stdout)]

    def journal(self, unit, sql):
        with contextlib.closing(sqlite3.connect(f"file:{self.folder}/data/{unit}/journal.sqlite?mode=ro", uri=True, timeout=20)) as connection:
            return [tuple(row) for row in connection.execute(sql)]


class Applicant:
    """A company at the portal, as a program: signs in with its key by the openssl command, and keeps its session."""

    def __init__(self, system, company="ec", certificate=None, key=None):
        self.system = system
        pki = system.folder / "pki"
        self.certificate, self.key = certificate or pki / f"companies/{company}.pem", key or pki / f"companies/{company}.key"
        self.answer = self.log_in()
        if self.answer.status == 200:
            self.cookie = self.answer.headers["Set-Cookie"].split(";")[0]
            self.headers = {"Cookie": self.cookie, "X-CSRF-Token": self.answer.json["csrf_token"], "Origin": system.access["portal"]}

    def log_in(self):
        challenge = self.system.portal("POST", "/api/v1/session/company/challenge").json
        signature = subprocess.run(["openssl", "cms", "-sign", "-cades", "-binary", "-outform", "DER", "-md", "sha256", "-signer", self.certificate, "-inkey", self.key],
                                   input=challenge["text"].encode(), capture_output=True, check=True).stdout
        chain = [base64.b64encode(ssl.PEM_cert_to_DER_cert("-----BEGIN CERTIFICATE-----" + part)).decode()
                 for part in pathlib.Path(self.certificate).read_text().split("-----BEGIN CERTIFICATE-----")[1:]]
        return self.system.portal("POST", "/api/v1/session/company",
                                  {"challenge": challenge["challenge"], "certificates": chain, "signature": base64.b64encode(signature).decode()})

    def ask(self, method, path, body=None, headers=None, **named):
        return self.system.portal(method, "/api/v1" + path, body, headers={**self.headers, **(headers or {})}, **named)


class Made:
    """A dossier that jindu-journey has made and kept, for a test to submit as it likes."""

    def __init__(self, system, *words):
        self.id = str(uuid.uuid4())
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="made-", dir=system.folder))
        system.journey("--until", "made", "--declaration", self.id, "--keep", self.folder, *words)
        self.materials = {path.name.removeprefix("material-").removesuffix(".jds"): path.read_bytes() for path in self.folder.glob("material-*.jds")}

    def upload(self, applicant):
        for upload_id, sealed in self.materials.items():
            started = applicant.ask("POST", f"/declarations/{self.id}/uploads", {"upload_id": upload_id, "sealed_size": len(sealed)})
            check(started.status == 200, f"an upload does not start: {started}")
            sent = applicant.ask("PUT", f"/declarations/{self.id}/uploads/{upload_id}?offset=0", sealed)
            check(sent.status == 200 and sent.json["complete"], f"an upload is not complete: {sent}")

    def submission(self):
        encode = lambda name: base64.b64encode((self.folder / name).read_bytes()).decode()
        return {"signed_statement": encode("statement.jdd"), "sealed_content": encode("content.jds")}

    def submit(self, applicant, **named):
        return applicant.ask("POST", f"/declarations/{self.id}/submit", self.submission(), **named)


def fields(message):
    """A protobuf message by field number, as written on the wire: enough to look at what was signed."""
    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    at, found = 0, {}
    while at < len(message):
        tag = varint()
        if tag & 7 == 0:
            value = varint()
        else:
            check(tag & 7 == 2, f"wire type {tag & 7} in a message of ours")
            length = varint()
            value = message[at:at + length]
            at += length
        found.setdefault(tag >> 3, []).append(value)
    return found


def run_scenarios(scenarios, chosen, title=""):
    """Each by itself: `ok` or `FAIL` with the reason; the last line counts. A scenario gives what it has shown."""
    passed = failed = 0
    for name, scenario in scenarios.items():
        if chosen and name not in chosen:
            continue
        start = time.monotonic()
        try:
            told = scenario()
            print(f"ok   {title}{name}: {told} ({time.monotonic() - start:.1f} s)", flush=True)
            passed += 1
        except Exception as error:
            failed += 1
            import traceback
            print(f"FAIL {title}{name} (JINDU_SEED={SEED}): {error}" + ("" if isinstance(error, Failed) else "\n" + traceback.format_exc()), flush=True)
    return passed, failed
