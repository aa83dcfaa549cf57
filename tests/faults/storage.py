"""Disks that are full, that fail, or that lose their power: what was acknowledged is there afterwards, once, and what is not taken is refused in words."""
import contextlib, os, pathlib, random, shutil, signal, sqlite3, subprocess, sys, time, uuid

from bad_input import arrives, fill, portal_status
from recorded_disk import Record
from running_system import SEED, SERVICES, Applicant, Failed, Made, System, check, until
from sound import check_ended, check_sound, shape

HERE = pathlib.Path(__file__).resolve().parent
DATABASES = {"portal": "portal/portal.sqlite", "approval": "approval/approval.sqlite", "gateway-outer": "gateway-outer/journal.sqlite", "gateway-inner": "gateway-inner/journal.sqlite"}
CUTS, STARTS = int(os.environ.get("JINDU_CUTS", "60")), int(os.environ.get("JINDU_STARTS", "6"))


def impossible():
    """What this machine cannot do, and why: by name of the scenario."""
    reasons = {}
    if not shutil.which("fiu-run"):
        reasons["failing-disks"] = "there is no fiu-run (package fiu-utils)"
    if not os.path.exists("/dev/fuse") or not os.path.exists("/dev/loop-control"):
        reasons["power-cut"] = "this machine has no /dev/fuse or no loop devices"
    elif subprocess.run(["/usr/bin/python3", "-c", "import fusepy"], capture_output=True).returncode:
        reasons["power-cut"] = "there is no fusepy (package python3-fusepy)"
    return reasons


def run(*words):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout


def stop_all(s, number=signal.SIGTERM):
    for program in reversed(SERVICES):
        if s.alive(program):
            s.send(program, number)


def start_all(s):
    for program in SERVICES:
        s.launch(program)
    for program in SERVICES:
        s.wait_ready(program, 40)


def small_reserves(s):
    """The programs keep less room free than usual, since the disks here are small."""
    for name, old, new in (("portal", "disk_reserve_mib = 512", "disk_reserve_mib = 1"), ("gateway-outer", "minimum_free_bytes = 268435456", "minimum_free_bytes = 1048576"),
                           ("gateway-inner", "minimum_free_bytes = 268435456", "minimum_free_bytes = 1048576")):
        change(s, name, old, new)


def change(s, name, old, new):
    file = s.folder / f"config/{name}.toml"
    text = file.read_text()
    check(old in text, f"{file} does not say {old}")
    file.write_text(text.replace(old, new))


def databases_in_folders_of_their_own(s):
    """With the programs stopped: each service's database lies in its own folder, so that this can be a disk."""
    for service in ("portal", "approval"):
        folder = s.folder / "data" / service
        folder.mkdir(exist_ok=True)
        for file in (s.folder / "data").glob(f"{service}.sqlite*"):
            file.rename(folder / file.name)
        (s.folder / f"data/{service}.sqlite").symlink_to(f"{service}/{service}.sqlite")
        change(s, service, f"/data/{service}.sqlite", f"/data/{service}/{service}.sqlite")


def undisturbed(s, path="grant"):
    """One application that nobody disturbs: what the others are held against."""
    case = str(uuid.uuid4())
    s.journey("--declaration", case, "--path", path)
    until(lambda: s.rows("portal", f"SELECT status, case_sequence FROM declaration WHERE declaration_id = '{case}'")
          == s.rows("approval", f"SELECT status, sequence FROM case_row WHERE case_id = '{case}'"), 20, "both sides say the same")
    return case, shape(s, case)


def begin_journeys(s, cases, number, patience, *words):
    started = []
    for _ in range(number):
        case = str(uuid.uuid4())
        cases[case] = "grant"
        started.append(s.journey("--declaration", case, "--path", "grant", *words, wait=False, patience=patience))
    return started


def end_journeys(started, when):
    for process in started:
        out, _ = process.communicate()
        check(process.returncode == 0, f"an application did not go on {when}:\n{out}")


# ---- full disks

def said_of_full(s, program):
    """Where the refusal of a full disk is to be read: at the portal and at the approval system by people, of a unit by who brings it something."""
    if program == "portal":
        answer = s.portal("POST", "/api/v1/session/company/challenge")
        return answer.status == 503 and answer.code == "storage.full" and answer.headers["Retry-After"]
    teller = {"gateway-outer": "portal", "gateway-inner": "gateway-outer", "approval": "approval"}[program]
    words = ("unit.disk_full", "storage.full", "file.full")
    return any(word in s.log(teller)[s.seen.get(teller, 0):] or word in s.log(program)[s.seen.get(program, 0):] for word in words)


def each_disk_full():
    """Each program has a small disk of its own, and one after the other is full while people apply: a refusal in words, nobody gives up, nothing is lost."""
    s = System()
    mounted = []
    try:
        case, model = undisturbed(s)
        cases, told = {case: "grant"}, []
        stop_all(s)
        small_reserves(s)
        databases_in_folders_of_their_own(s)
        for program in SERVICES:
            place, kept = s.folder / "data" / program, s.folder / f"kept-{program}"
            place.rename(kept)
            place.mkdir()
            run("mount", "-t", "tmpfs", "-o", "size=128m,mode=700", "jindu-test", place)
            mounted.append(place)
            shutil.copytree(kept, place, dirs_exist_ok=True)
        start_all(s)
        for program in SERVICES:
            s.seen = {name: len(s.log(name)) for name in SERVICES}
            place = s.folder / "data" / program
            started = begin_journeys(s, cases, 1, 120)
            time.sleep(random.uniform(0.2, 1.5))
            fill(place / "fill", left=0)
            began = time.monotonic()
            # Large enough that the room a database has kept for itself is not enough.
            started += begin_journeys(s, cases, 1, 120, "--material-kib", "2500")
            until(lambda: said_of_full(s, program), 30, f"somebody is told that the disk of {program} is full")
            told.append(f"{program} after {time.monotonic() - began:.1f} s")
            if program != "approval":
                until(lambda: s.operations(program, "/readyz").status == 503, 10, f"{program} says that it is not ready")
            check(s.operations(program, "/healthz").status == 200, f"{program} says it is dead")
            check(all(process.poll() is None or process.returncode == 0 for process in started), f"somebody gave up though only the disk of {program} is full")
            (place / "fill").unlink()
            end_journeys(started, f"when {program} had room again")
            s.wait_ready(program)
        check_sound(s, cases, {"grant": model})
        return f"a refusal was read: {', '.join(told)}; {len(cases) - 1} applications meanwhile, each handled once"
    finally:
        stop_all(s, signal.SIGKILL)
        for place in mounted:
            subprocess.run(["umount", "-l", place], capture_output=True)
        s.reset()


# ---- disks that fail

FAILURES = {"posix/io/rw/pwrite": 0.02, "posix/io/sync/fdatasync": 0.03, "posix/io/sync/fsync": 0.03}


def failing_disks():
    """Writes and syncs of each program fail at random: it says so, goes on or is started again, and nothing is lost."""
    s = System()
    under_way = []
    try:
        case, model = undisturbed(s)
        cases = {case: "grant"}
        before = ("fiu-run", "-x", *(word for name, probability in FAILURES.items() for word in ("-c", f"enable_random name={name},probability={probability}")))
        s.seen, starts = {}, {}
        for program in SERVICES:
            s.send(program, signal.SIGTERM)
            s.seen[program], starts[program] = len(s.log(program)), 1
            s.launch(program, before)
        def complaints():
            return {program: sum('"level":"' + level + '"' in line for line in s.log(program)[s.seen[program]:].splitlines() for level in ("error", "warning", "warn"))
                    for program in SERVICES}

        # How many writes there are in a time depends on the machine: it goes on until some of each program's have failed.
        began = time.monotonic()
        while time.monotonic() < began + 30 or (not all(complaints().values()) and time.monotonic() < began + 150):
            under_way = [process for process in under_way if process.poll() is None or process.returncode != 0]
            check(all(process.poll() is None for process in under_way), lambda: "somebody gave up:\n" + next(p for p in under_way if p.poll()).communicate()[0])
            if len(under_way) < 3:
                under_way += begin_journeys(s, cases, 1, 150)
            for program in SERVICES:  # as the service manager of the machine does
                if not s.alive(program):
                    starts[program] += 1
                    s.launch(program, before)
            time.sleep(0.2)
        noticed = complaints()
        check(all(noticed.values()), f"a program of which writes failed has said nothing: {noticed}")
        for program in SERVICES:
            if s.alive(program):
                s.send(program, signal.SIGTERM)
            s.launch(program)
        for program in SERVICES:
            s.wait_ready(program, 40)
        end_journeys(under_way, "with sound disks")
        check_sound(s, cases, {"grant": model})
        return f"{len(cases) - 1} applications, each handled once; complaints and starts: " + ", ".join(f"{program} {noticed[program]}, {starts[program]}" for program in SERVICES)
    finally:
        for process in under_way:
            process.kill()
        s.reset()


# ---- power cuts

class RecordedDisk:
    """A disk of the whole system (ext4 on a loop device) of which every write and flush is recorded."""

    def __init__(self, folder, mebibytes):
        self.folder = folder / "disk"
        self.folder.mkdir()
        self.image, self.record, self.served = self.folder / "image", self.folder / "record", self.folder / "served"
        self.served.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(mebibytes << 20)
        run("mkfs.ext4", "-q", "-F", "-b", "4096", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0", self.image)
        run("cp", "--sparse=always", self.image, self.folder / "empty")
        self.server = subprocess.Popen(["/usr/bin/python3", HERE / "recorded_disk.py", self.image, self.record, self.served], stderr=subprocess.PIPE, text=True)
        until(lambda: (self.served / "disk").exists() or self.server.poll() is not None, 20, "the recorded disk is served")
        check(self.server.poll() is None, lambda: f"the recorded disk is not served: {self.server.stderr.read()}")
        self.device = None

    def attach(self, file, place):
        self.device = run("losetup", "--find", "--show", file).strip()
        run("mount", "-t", "ext4", "-o", "nodiscard", self.device, place)

    def detach(self, place):
        subprocess.run(["umount", place], capture_output=True)
        if self.device:
            subprocess.run(["losetup", "-d", self.device], capture_output=True)
            # Programs that were killed just now may hold it mounted in namespaces of their own for a moment longer: what the
            # kernel writes until then would go into the image of the next cut.
            backing = pathlib.Path("/sys/block") / pathlib.Path(self.device).name / "loop/backing_file"
            until(lambda: not backing.exists(), 20, f"{self.device} is free")
        self.device = None

    def finish(self):
        subprocess.run(["umount", self.served], capture_output=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.server.wait(10)
        if self.server.poll() is None:
            self.server.kill()


class Cuts:
    """The disk as cuts of its power leave it, one after the other, later and later."""

    def __init__(self, disk):
        self.record, self.disk = Record(disk.record), disk
        self.flushed, self.done = disk.folder / "flushed", 0
        run("cp", "--sparse=always", disk.folder / "empty", self.flushed)

    def cut_after(self, step, rng):
        """All that was flushed before; of what came later each write, or each sector of it, or nothing. Gives the image and what was kept."""
        steps = self.record.steps
        flush = max((at for at in range(step + 1) if steps[at][0] == "f"), default=0)
        with open(self.flushed, "r+b") as out:
            for at in range(self.done, flush):
                if steps[at][0] == "w":
                    self.record.write(out.fileno(), steps[at])
        self.done = max(self.done, flush)
        left = self.disk.folder / "cut"
        run("cp", "--sparse=always", self.flushed, left)
        chance = rng.choice([0, 0.5, 1])
        with open(left, "r+b") as out:
            for one in steps[flush:step + 1]:
                if one[0] == "w":
                    self.record.write(out.fileno(), one, chance, rng)
        return left

    def time_of(self, step):
        """Before this, what was acknowledged was acknowledged before the cut."""
        return self.record.steps[step + 1][1] if step + 1 < len(self.record.steps) else time.monotonic_ns()


def look_into(place, acknowledged, ended, moment):
    """Without any program: every database is whole, and what was acknowledged before the cut is there."""
    for program, where in DATABASES.items():
        with contextlib.closing(sqlite3.connect(place / where)) as connection:
            told = connection.execute("PRAGMA integrity_check").fetchall()
            check(told == [("ok",)], f"the database of {program} is damaged: {told[:3]}")
            if program.startswith("gateway-"):
                for bundle, file, size in connection.execute("SELECT id, file, size FROM bundle WHERE file <> ''"):
                    name, _, offset = file.partition("@")
                    bytes_of = (place / where).parent / "bundles" / name
                    check(bytes_of.exists() and bytes_of.stat().st_size >= int(offset or 0) + size, f"{program} knows of {bundle} in {file}, and its bytes are not there")
            if program == "portal":
                there = {row[0]: row[1] for row in connection.execute("SELECT declaration_id, status FROM declaration")}
    for case, when in acknowledged.items():
        check(when >= moment or case in there, f"{case} was acknowledged {(moment - when) / 1e6:.1f} ms before the cut, and is gone")
    for case, when in ended.items():
        check(when >= moment or there.get(case) == "granted", f"{case} was granted {(moment - when) / 1e6:.1f} ms before the cut, and is {there.get(case)}")


def power_cut():
    """The power of everything goes at any write: what was acknowledged before is on the disk, and the system goes on from there."""
    rng = random.Random(f"{SEED} power")
    s = System()
    place, disk = s.folder / "data", None
    try:
        made = [Made(s) for _ in range(10)]
        stop_all(s)
        databases_in_folders_of_their_own(s)
        small_reserves(s)
        kept = s.folder / "kept"
        place.rename(kept)
        place.mkdir()
        disk = RecordedDisk(s.folder, 192)
        disk.attach(disk.served / "disk", place)
        shutil.copytree(kept, place, dirs_exist_ok=True, symlinks=True)
        run("sync", "-f", place)
        start_all(s)
        first = sum(1 for _ in open(disk.record))
        applicant, acknowledged, ended, cases = Applicant(s), {}, {}, {}
        journeys = []
        for one in made:
            if len(journeys) < 4:
                journeys += zip(begin_journeys(s, cases, 1, 120), list(cases)[-1:])
            one.upload(applicant)
            check(one.submit(applicant).status == 200, "a submission is refused")
            acknowledged[one.id] = time.monotonic_ns()
            for process, case in journeys:
                if process.poll() == 0:
                    ended.setdefault(case, time.monotonic_ns())
            time.sleep(rng.uniform(0, 0.5))
        for process, case in journeys:
            end_journeys([process], "on the recorded disk")
            ended.setdefault(case, time.monotonic_ns())
        stop_all(s, signal.SIGKILL)
        disk.detach(place)
        disk.finish()

        cuts = Cuts(disk)
        last = len(cuts.record.steps) - 1
        chosen = sorted(rng.sample(range(first, last + 1), min(CUTS, last - first)))
        started_at = set(rng.sample(chosen, min(STARTS, len(chosen))))
        for step in chosen:
            moment = cuts.time_of(step)
            disk.attach(cuts.cut_after(step, rng), place)
            try:
                if step in started_at:
                    goes_on(s, acknowledged, ended, moment)
                look_into(place, acknowledged, ended, moment)
            except Failed as error:
                raise Failed(f"the power cut after step {step} of {last}: {error}") from None
            finally:
                stop_all(s, signal.SIGKILL)
                disk.detach(place)
        flushes = sum(one[0] == "f" for one in cuts.record.steps[first:])
        return f"{len(chosen)} cuts in {last - first} writes and {flushes} flushes; {len(started_at)} of them with the whole system started again, {len(acknowledged) + len(ended)} applications"
    finally:
        stop_all(s, signal.SIGKILL)
        if disk:
            disk.detach(place)
            disk.finish()
        s.reset()


def goes_on(s, acknowledged, ended, moment):
    """The whole system starts on what the cut has left, and everything acknowledged arrives, once."""
    start_all(s)
    for case, when in acknowledged.items():
        if when < moment:
            arrives(s, case, "received")

    def quiet():
        # What was under way goes on by itself, and has more to send; at last both sides are quiet.
        try:
            check_ended(s)
            return True
        except Failed as error:
            s.last = error
            return False
    until(quiet, 60, lambda: f"the system goes on: {s.last}")
