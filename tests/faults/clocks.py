"""Clocks that differ between the two networks, by more than a day in either direction."""
import pathlib, shutil, subprocess, tempfile

from running_system import ROOT, System, check, free_prefix

INSIDE = ("gateway-inner", "approval")
# The program `faketime` stays as its parent, and a signal to it would not reach what it has started.
FAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def skewed(hours):
    def scenario():
        check(FAKETIME, "the package faketime is not installed")
        folder, prefix = pathlib.Path(tempfile.mkdtemp(prefix="jindu-clock-")), free_prefix()
        # Made days ago, as those of a deployment are, so that they are good by both clocks.
        addresses = [f"{prefix}.{n}" for n in ("1.2", "2.2", "3.2", "4.1")]
        subprocess.run(["faketime", "-f", "-10d", ROOT / "deploy/pki/make", folder / "pki", *addresses, "portal.jindu.test", "approval.jindu.test"], check=True, capture_output=True)
        s = System(prefix=prefix, pki=folder / "pki")
        try:
            for program in INSIDE:
                s.send(program, 15)
                s.launch(program, before=["env", f"LD_PRELOAD={FAKETIME}", f"FAKETIME={hours:+d}h", "FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1"])
            for program in INSIDE:
                s.wait_ready(program)
            inside = s.rows("approval", "SELECT MAX(at_ms) FROM case_event")
            for words in (("--applicant", "citizen", "--path", "supplement", "--item", "outdoor-advertising"), ("--path", "grant"), ("--path", "returned", "--applicant", "rsa")):
                s.journey(*words)
            events = s.rows("approval", "SELECT MIN(at_ms), MAX(at_ms) FROM case_event")[0]
            outside = s.rows("portal", "SELECT MIN(received_ms) FROM declaration")[0][0]
            apart = (events[0] - outside) / 3_600_000
            check(abs(apart - hours) < 0.2, f"the clocks are {apart:.2f} h apart, not {hours}: the test does not show what it should")
            received = {row[0] for row in s.rows("approval", "SELECT received_outside_ms FROM submission")}
            check(received == {row[0] for row in s.rows("portal", "SELECT received_ms FROM submission")}, "the legal clock does not start with the receipt outside")
            check(s.rows("approval", "SELECT COUNT(*) FROM exchange_sent WHERE ended = 1 AND rung <> 7") == [(0,)], "something was refused or expired")
            return f"3 applications with the intranet's clock {hours:+d} h off"
        finally:
            s.reset()
            shutil.rmtree(folder, ignore_errors=True)
    return scenario
