// The verbs of `jindu-gateway ctl`, one for one thing. What a person reads of an answer is in pages.cpp; --json gives
// it as it is.
#include <boost/json/serialize.hpp>

#include "common/runtime/files.hpp"
#include "common/runtime/times.hpp"
#include "exchange-gateway/console/answer.hpp"
#include "exchange-gateway/console/commands.hpp"
#include "exchange-gateway/console/connection.hpp"
#include "exchange-gateway/console/log_check.hpp"
#include "exchange-gateway/console/pages.hpp"

namespace jindu::gateway {
namespace {

namespace json = boost::json;
constexpr std::size_t kLogMax = 1024 * 1024 * 1024, kStatementsMax = 64 * 1024 * 1024;

struct Asked {
  explicit Asked(const Voice& v) : voice(v) {}
  Voice voice;
  ConsoleAddress address;
  bool as_json = false;
  std::string id, digest, reason, channel, day, file, of = "mine";
  std::string state, kind, subject, cursor;
  std::int64_t first = 0, last = 0, limit = 50;
  std::string from, to, at, root, crl, intermediate;
  std::vector<std::filesystem::path> statements;
  std::int64_t size = 1;
};

// Asks, and shows the answer: as JSON, or in words.
using Page = std::function<int(const Voice&, const json::object&)>;

int show(const Asked& a, const result<json::value>& answer, const Page& page) {
  if (!answer) return a.voice.fail(answer.error());
  if (a.as_json) {
    std::cout << json::serialize(*answer) << "\n";
    return 0;
  }
  return page(a.voice, answer->is_object() ? answer->as_object() : json::object{});
}

// A page of one sentence.
Page says(const char* key, const Values& values = {}) {
  return [key, values](const Voice& voice, const json::object&) {
    voice.say(key, values);
    return 0;
  };
}

using Act = std::function<int(ConsoleConnection&)>;
int connected(const Asked& a, const Act& act) {
  auto console = ConsoleConnection::open(a.address);
  return console ? act(**console) : a.voice.fail(console.error());
}

int ask(const Asked& a, const std::string& path, const Page& page) {
  return connected(a, [&](ConsoleConnection& console) { return show(a, console.get(path), page); });
}

int tell(const Asked& a, const std::string& path, const json::object& body, const Page& page) {
  return connected(a, [&](ConsoleConnection& console) { return show(a, console.post(path, body), page); });
}

int save_bytes(const Asked& a, const result<Bytes>& bytes) {
  if (!bytes) return a.voice.fail(bytes.error());
  if (auto ok = files::write_durably(a.file, *bytes); !ok) return a.voice.fail(ok.error());
  a.voice.say("saved", {{"n", bytes->size()}, {"file", a.file}});
  return 0;
}

int save(const Asked& a, const std::string& path) {
  return connected(a, [&](ConsoleConnection& console) { return save_bytes(a, console.bytes(path)); });
}

// The chain of a log, and then every statement at hand: those given, and where no file was named, the unit's own.
int verify_log(const Asked& a) {
  std::vector<Bytes> statements;
  auto lines = a.file.empty() ? Bytes() : files::read(a.file, kLogMax);
  if (a.file.empty()) {
    auto console = ConsoleConnection::open(a.address);
    if (!console) return a.voice.fail(console.error());
    lines = (*console)->bytes("/api/v1/log/export");
    auto own = (*console)->bytes("/api/v1/reconciliation/statements");
    if (!own) return a.voice.fail(own.error());
    statements.push_back(std::move(*own));
  }
  if (!lines) return a.voice.fail(lines.error());
  for (const auto& file : a.statements) {
    auto statement = files::read(file, kStatementsMax);
    if (!statement) return a.voice.fail(statement.error());
    statements.push_back(std::move(*statement));
  }
  const auto log = check_log(text_of(*lines));
  if (!log) {
    a.voice.fail(log.error());
    return log.error().code == "log.broken" ? kToLookAfter : 1;
  }
  a.voice.say("log.holds",
              {{"n", log->lines()}, {"digest", to_hex(log->digests.empty() ? Bytes(32) : log->digests.back())}});
  if (statements.empty()) return a.voice.say("log.end"), 0;
  const auto& root = a.root.empty() ? a.address.ca : a.root;
  if (root.empty())
    return a.voice.fail({Fault::invalid, "log.root", "say whom to trust for the statements: --root root.pem"});
  auto trust = evidence::node_trust_from_files(root, a.crl, a.intermediate);
  if (!trust) return a.voice.fail(trust.error());
  std::vector<LogWitness> all;
  for (const auto& file : statements) {
    const auto some = witnesses_in(file, *trust);
    if (!some) return a.voice.fail(some.error());
    all.insert(all.end(), some->begin(), some->end());
  }
  return tell_witnessed(a.voice, *log, all);
}

result<std::string> search_path(const Asked& a) {
  std::string path = "/api/v1/bundles?limit=" + std::to_string(a.limit);
  if (!a.from.empty()) {
    const auto from = local_time_from(a.from, "--from");
    if (!from) return from.error();
    path += "&from_ms=" + std::to_string(to_unix_ms(instant_here(*from)));
  }
  if (!a.to.empty()) {
    const auto to = local_time_from(a.to, "--to");
    if (!to) return to.error();
    path += "&to_ms=" + std::to_string(to_unix_ms(instant_here(end_of(*to))) - 1);
  }
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) path += std::string("&") + name + "=" + query_escaped(value);
  };
  add("state", a.voice.code("state", a.state));
  add("kind", a.voice.code("kind", a.kind));
  add("channel", a.channel);
  add("subject", a.subject);
  add("cursor", a.cursor);
  return path;
}

std::string named(const Asked& a) { return "?day=" + query_escaped(a.day) + "&channel=" + query_escaped(a.channel); }

// An id has one manifest, but for a forgery or a fork: only then a person must say which.
result<std::string> in_quarantine(ConsoleConnection& console, const Asked& a) {
  auto digest = a.digest;
  if (digest.empty()) {
    auto list = console.get("/api/v1/quarantine");
    if (!list) return list.error();
    int found = 0;
    for (const auto& one : list->as_object().at("quarantined").as_array()) {
      if (text(one.as_object(), "id") != a.id) continue;
      digest = text(one.as_object(), "manifest_digest");
      ++found;
    }
    if (found == 0) return Error{Fault::not_found, "quarantine.unknown", "nothing like this is quarantined"};
    if (found > 1)
      return Error{Fault::conflict, "quarantine.several",
                   "several with this id are quarantined; say which by its manifest digest"};
  }
  return "/api/v1/quarantine/" + a.id + "/" + digest;
}

// Does something with one of what is quarantined.
int with_quarantined(const Asked& a, const std::function<int(ConsoleConnection&, const std::string&)>& act) {
  return connected(a, [&](ConsoleConnection& console) {
    const auto path = in_quarantine(console, a);
    return path ? act(console, *path) : a.voice.fail(path.error());
  });
}

// The signed record of what was dismissed last under an id.
int save_record(const Asked& a) {
  return connected(a, [&](ConsoleConnection& console) {
    auto about = console.get("/api/v1/bundles/" + a.id);
    if (!about) return a.voice.fail(about.error());
    const auto& dismissed = about->as_object().at("dismissed").as_array();
    if (dismissed.empty())
      return a.voice.fail({Fault::not_found, "quarantine.not_dismissed", "nothing with this id was dismissed"});
    return save_bytes(a, from_base64(text(dismissed.back().as_object(), "record")));
  });
}

// Adds the verbs, a group of them each.
class Verbs {
 public:
  Verbs(Command ctl, const Voice& voice, std::function<int()>& work)
      : ctl_(std::move(ctl)), work_(work), a_(std::make_shared<Asked>(voice)) {}

  void add() {
    ctl_.needs_command();
    ctl_.footer(help("exit_codes"));
    auto& address = a_->address;
    ctl_.option("--url", address.url, help("url")).from_environment("JINDU_CONSOLE_URL");
    ctl_.option("--ca", address.ca, help("ca")).from_environment("JINDU_CONSOLE_CA");
    ctl_.option("--p12", address.p12, help("p12")).from_environment("JINDU_CONSOLE_P12");
    ctl_.option("--passphrase-file", address.passphrase_file, help("passphrase_file"))
        .from_environment("JINDU_CONSOLE_PASSPHRASE_FILE");
    ctl_.option("--cert", address.certificate, help("cert"));
    ctl_.option("--key", address.private_key, help("key"));
    ctl_.flag("--json", a_->as_json, help("json"));
    ctl_.language_option();
    glance();
    bundles();
    quarantine();
    channels();
    voyages_and_epoch();
    reconciliation();
    log();
    policy();
  }

 private:
  std::string help(const std::string& name) const { return a_->voice.text("help." + name); }

  // A verb whose help is the text help.KEY.
  Command verb(Command& parent, const char* name, const std::string& key, std::function<int()> does) {
    auto command = parent.command(name, help(key));
    command.lets_through();
    command.when_chosen([&work = work_, does = std::move(does)] { work = does; });
    return command;
  }
  Command group(const char* name) {
    auto command = ctl_.command(name, help(name));
    command.needs_command();
    command.lets_through();
    return command;
  }
  void with_reason(Command command) { command.option("--reason", a_->reason, help("reason")).required(); }
  void with_id(Command command) { command.option("ID", a_->id, help("id")).required(); }
  void with_file(Command command) { command.option("-o,--output", a_->file, help("file")).required(); }

  void glance() {
    verb(ctl_, "overview", "overview", [a = a_] { return ask(*a, "/api/v1/overview", pages::overview); });
    verb(ctl_, "alarms", "alarms", [a = a_] { return ask(*a, "/api/v1/alarms", pages::alarms); });
  }

  void bundles() {
    const auto look_for = [a = a_](const Page& page) {
      const auto path = search_path(*a);
      return path ? ask(*a, *path, page) : a->voice.fail(path.error());
    };
    auto search = verb(ctl_, "search", "search", [look_for] { return look_for(pages::bundles); });
    search.option("--state", a_->state, help("search.state"));
    search.option("--kind", a_->kind, help("search.kind"));
    search.option("--channel", a_->channel, help("search.channel"));
    search.option("--subject", a_->subject, help("search.subject"));
    search.option("--from", a_->from, help("search.from"));
    search.option("--to", a_->to, help("search.to"));
    search.option("--limit", a_->limit, help("limit"));
    search.option("--cursor", a_->cursor, help("cursor"));
    with_id(verb(ctl_, "show", "show", [a = a_] { return ask(*a, "/api/v1/bundles/" + a->id, pages::bundle); }));
    verb(ctl_, "held", "held", [a = a_, look_for] {
      a->state = "held";
      return look_for(pages::held);
    });
    for (const auto* name : {"release", "refuse"}) {
      auto command = verb(ctl_, name, name, [a = a_, name] {
        return tell(*a, "/api/v1/bundles/" + a->id + "/" + name, {{"reason", a->reason}}, pages::decided);
      });
      with_id(command);
      with_reason(command);
    }
  }

  void quarantine() {
    auto here = group("quarantine");
    const auto one = [this](Command command) {
      with_id(command);
      command.option("DIGEST", a_->digest, help("quarantine.digest"));
    };
    verb(here, "list", "quarantine.list", [a = a_] { return ask(*a, "/api/v1/quarantine", pages::quarantine); });
    one(verb(here, "show", "quarantine.show", [a = a_] {
      return with_quarantined(*a, [a](ConsoleConnection& console, const std::string& path) {
        return show(*a, console.get(path), pages::quarantined);
      });
    }));
    auto evidence = verb(here, "export", "quarantine.export", [a = a_] {
      return with_quarantined(*a, [a](ConsoleConnection& console, const std::string& path) {
        return save_bytes(*a, console.bytes(path + "/evidence"));
      });
    });
    one(evidence);
    with_file(evidence);
    const auto decide = [&](const char* name, Page page) {
      auto command = verb(here, name, std::string("quarantine.") + name, [a = a_, name, page = std::move(page)] {
        return with_quarantined(*a, [&](ConsoleConnection& console, const std::string& path) {
          return show(*a, console.post(path + "/" + name, {{"reason", a->reason}}), page);
        });
      });
      one(command);
      with_reason(command);
    };
    decide("dismiss", [a = a_](const Voice& voice, const json::object&) {
      voice.say("quarantine.dismissed", {{"id", a->id}});
      return 0;
    });
    verb(here, "dismissed", "quarantine.past",
         [a = a_] { return ask(*a, "/api/v1/dismissed?limit=200", pages::dismissed); });
    auto record = verb(here, "record", "quarantine.record", [a = a_] { return save_record(*a); });
    with_id(record);
    with_file(record);
    decide("retry", pages::retried);
  }

  void channels() {
    const auto path = [](const Asked& a, const std::string& act) {
      return "/api/v1/channels/" + query_escaped(a.channel) + "/" + act;
    };
    for (const auto* name : {"stop", "resume"}) {
      auto command = verb(ctl_, name, name, [a = a_, name, path] {
        return tell(*a, path(*a, name), {{"reason", a->reason}}, says("done"));
      });
      command.option("CHANNEL", a_->channel, help("channel")).required();
      with_reason(command);
    }
    auto request = verb(ctl_, "request", "request", [a = a_, path] {
      return tell(*a, path(*a, "request"), {{"first", a->first}, {"last", a->last}, {"reason", a->reason}},
                  says("requested"));
    });
    request.option("CHANNEL", a_->channel, help("channel")).required();
    request.option("FIRST", a_->first, help("sequence")).required();
    request.option("LAST", a_->last, help("sequence")).required();
    with_reason(request);
  }

  void voyages_and_epoch() {
    auto voyage = group("voyage");
    with_reason(verb(voyage, "start", "voyage.start", [a = a_] {
      return tell(*a, "/api/v1/voyages", {{"reason", a->reason}}, pages::voyage_started);
    }));
    auto epoch = group("epoch");
    verb(epoch, "show", "epoch.show", [a = a_] { return ask(*a, "/api/v1/epoch", pages::epoch); });
    with_reason(verb(epoch, "approve", "epoch.approve", [a = a_] {
      return tell(*a, "/api/v1/epoch", {{"reason", a->reason}}, pages::epoch_approved);
    }));
    verb(ctl_, "voyages", "voyages", [a = a_] { return ask(*a, "/api/v1/voyages", pages::voyages); });
  }

  void reconciliation() {
    const auto where = std::string("/api/v1/reconciliation");
    auto reconcile = group("reconcile");
    verb(reconcile, "list", "reconcile.list", [a = a_, where] { return ask(*a, where, pages::reconciliation); });
    verb(reconcile, "now", "reconcile.now",
         [a = a_, where] { return tell(*a, where, {}, pages::reconciliation_asked); });
    const auto stretch = [this](Command command) {
      command.option("DAY", a_->day, help("as_listed")).required();
      command.option("CHANNEL", a_->channel, help("as_listed")).required();
    };
    stretch(verb(reconcile, "show", "reconcile.show",
                 [a = a_, where] { return ask(*a, where + "/stretch" + named(*a), pages::stretch); }));
    auto statement = verb(reconcile, "save", "reconcile.save",
                          [a = a_, where] { return save(*a, where + "/statement" + named(*a) + "&of=" + a->of); });
    stretch(statement);
    statement.option("--of", a_->of, help("reconcile.of")).one_of({"mine", "theirs"});
    with_file(statement);
    with_file(verb(reconcile, "statements", "reconcile.statements",
                   [a = a_, where] { return save(*a, where + "/statements"); }));
  }

  void log() {
    auto lines = group("log");
    auto newest = verb(lines, "show", "log.show", [a = a_] {
      const auto from = a->cursor.empty() ? "" : "&cursor=" + a->cursor;
      return ask(*a, "/api/v1/log?limit=" + std::to_string(a->limit) + from, pages::log);
    });
    newest.option("--limit", a_->limit, help("limit"));
    newest.option("--cursor", a_->cursor, help("cursor"));
    with_file(verb(lines, "export", "log.export", [a = a_] { return save(*a, "/api/v1/log/export"); }));
    auto verify = verb(lines, "verify", "log.verify", [a = a_] { return verify_log(*a); });
    verify.option("FILE", a_->file, help("log.file"));
    verify.option("--statement", a_->statements, help("log.statement")).one_each();
    verify.option("--root", a_->root, help("log.root"));
    verify.option("--intermediate", a_->intermediate, help("log.intermediate"));
    verify.option("--crl", a_->crl, help("log.crl"));
  }

  void policy() {
    auto rules = group("policy");
    verb(rules, "show", "policy.show", [a = a_] { return ask(*a, "/api/v1/policy", pages::policy); });
    auto explain = verb(rules, "explain", "policy.explain", [a = a_] {
      const auto& voice = a->voice;
      json::object question{{"from", voice.code("node", a->from)},
                            {"to", voice.code("node", a->to)},
                            {"kind", voice.code("kind", a->kind)},
                            {"bytes", a->size}};
      if (!a->at.empty()) {
        // The unit knows the policy's local time; what cannot be read is said before it is asked.
        if (auto ok = local_time_from(a->at, "--at"); !ok) return voice.fail(ok.error());
        question["at"] = a->at;
      }
      return tell(*a, "/api/v1/policy/explain", question, pages::explanation);
    });
    explain.option("--from", a_->from, help("policy.from")).required();
    explain.option("--to", a_->to, help("policy.to")).required();
    explain.option("--kind", a_->kind, help("policy.kind")).required();
    explain.option("--size", a_->size, help("policy.size"));
    explain.option("--at", a_->at, help("policy.at"));
  }

  Command ctl_;
  std::function<int()>& work_;
  std::shared_ptr<Asked> a_;
};

}  // namespace

void add_ctl(Command& app, const Voice& voice, std::function<int()>& work) {
  Verbs(app.command("ctl", voice.text("help.ctl")), voice, work).add();
}

}  // namespace jindu::gateway
