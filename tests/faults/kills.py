"""SIGKILL for any process at random moments of journeys in progress: nothing is lost, nothing happens twice."""
import os, random, time, uuid

from running_system import SEED, System, check, until
from sound import check_sound, shape

KILLS = int(os.environ.get("JINDU_KILLS", "50"))
PATHS = ("grant", "refuse", "supplement", "not-accepted", "returned")
ITEMS = {"ec": "food-business-licence", "rsa": "road-transport-operation", "citizen": "public-place-hygiene"}
AT_ONCE = 3


def start_one(s, rng, cases):
    case, path, who = str(uuid.UUID(int=rng.getrandbits(128), version=4)), rng.choice(PATHS), rng.choice(sorted(ITEMS))
    cases[case] = path
    return s.journey("--declaration", case, "--path", path, "--applicant", who, "--item", ITEMS[who], wait=False, patience=120)


def killed_at_any_moment(carrier, database, then=lambda s: None):
    def scenario():
        rng = random.Random(f"{SEED} {carrier}")
        victims = ["portal", "gateway-outer", "gateway-inner", "approval", *{"link": ["guard"], "ferry": ["switch"], "diode": []}[carrier]]
        s = System(carrier, database)
        under_way, cases, models = {}, {}, {}
        try:
            for path in PATHS:
                case = str(uuid.uuid4())
                s.journey("--declaration", case, "--path", path)
                cases[case] = path
                until(lambda: s.rows("portal", f"SELECT status, case_sequence FROM declaration WHERE declaration_id = '{case}'")
                      == s.rows("approval", f"SELECT status, sequence FROM case_row WHERE case_id = '{case}'"), 20, "both sides say the same")
                models[path] = shape(s, case)
            failed, killed = [], {}

            def collect(wait=False):
                for case, process in list(under_way.items()):
                    if wait or process.poll() is not None:
                        out, _ = process.communicate()
                        del under_way[case]
                        if process.returncode != 0:
                            failed.append(f"{case} ({cases[case]}):\n{out}")

            for _ in range(KILLS):
                collect()
                while len(under_way) < AT_ONCE:
                    process = start_one(s, rng, cases)
                    under_way[list(cases)[-1]] = process
                time.sleep(rng.uniform(0.05, 0.6))
                victim = rng.choice(victims)
                s.kill(victim)
                killed[victim] = killed.get(victim, 0) + 1
                time.sleep(rng.choice([0, 0, 0.1, 0.5]))
                s.launch(victim)
            collect(wait=True)
            check(not failed, lambda: f"{len(failed)} journeys did not arrive:\n" + "\n".join(failed))
            check_sound(s, cases, models)
            for victim in victims:
                check(s.alive(victim), f"{victim} has ended by itself")
            then_told = then(s)
            told = f"{KILLS} kills ({', '.join(f'{name} {count}' for name, count in sorted(killed.items()))}) in {len(cases)} applications" + (f"; {then_told}" if then_told else "")
        except BaseException:
            s.stop()
            print(f"     what was left is in {s.folder}", flush=True)
            raise
        finally:
            for process in under_way.values():
                process.kill()
        s.reset()
        return told
    return scenario
