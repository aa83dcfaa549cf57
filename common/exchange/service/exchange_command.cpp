// What `exchange find` and `exchange resend` say, in Chinese and English.
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <iostream>
#include <sstream>

#include "common/exchange/codec/words.hpp"
#include "common/exchange/service/enquiry.hpp"
#include "common/runtime/local_person.hpp"
#include "common/runtime/terminal.hpp"
#include "common/runtime/texts.hpp"
#include "common/runtime/times.hpp"

namespace jindu::exchange {
namespace {

namespace json = boost::json;

const Texts& texts() {
  static const Texts list(with_exchange_words({
      {"declaration", "申报", "Declaration"},
      {"subjects", "交换主题代号（在网关控制台“查找”中按它查）",
       "Subject pseudonyms (what to search for in the gateway's console)"},
      {"ours", "本系统发出的", "of what this service sends"},
      {"theirs", "对侧发来的", "of what comes from the other side"},
      {"none_ours", "本系统还没有发送过", "this service has sent nothing yet"},
      {"none_theirs", "还没有收到过", "nothing has come yet"},
      {"bundles", "交换包", "Bundles"},
      {"no_bundles", "还没有交换包", "There is no bundle yet"},
      {"not_built", "另有待编成交换包的消息：", "Messages that are no bundle yet: "},
      {"out", "发出", "out"},
      {"in", "收到", "in "},
      {"unknown", "本系统没有这个申报号或申报标识：", "This service has no declaration with this number or id: "},
      {"unreadable", "数据库无法读取（是否以本系统的账户运行？本系统升级后启动过吗？）",
       "The database cannot be read (as the service's own account? has it been started since the last upgrade?)"},
      {"rung.", "尚无回执", "no receipt yet"},
      {"can_be_sent_anew", "未送达，可重新发送（exchange resend）",
       "has not arrived; can be sent anew (exchange resend)"},
      {"needless", "未送达；所属的申报件已不带它送出，重新发送没有用处",
       "has not arrived; the dossier that it is a file of goes or went without it, so it is of no use any more"},
      {"sent_anew", "已重新发送", "sent anew"},
      {"sent_anew_as", "已重新发送，新交换包", "sent anew as"},
      {"resent", "下列内容将作为新的交换包重新发送：", "What is sent anew, as bundles of their own:"},
      {"not_resent", "没有重新发送", "Nothing is sent anew"},
      {"unknown_to_resend", "本系统没有这个申报号、申报标识，也没有发出过这个交换包：",
       "This service has no declaration with this number or id, and has sent no such bundle: "},
      {"why.exchange.not_ended", "它还在途中，或正等待对方处理；只有已被退回、隔离或过期的才可重新发送",
       "it is still on its way, or waits for somebody there; only what was refused, quarantined or has expired can be "
       "sent anew"},
      {"why.exchange.was_applied", "它已送达并处理完毕", "it has arrived and was applied"},
      {"why.exchange.already_sent_anew", "此前已经重新发送过", "it was sent anew before"},
      {"why.exchange.payload_gone", "其内容已不再保存，无法由本系统重新发送",
       "its payload is not kept any more, so this service cannot send it anew"},
      {"why.exchange.needless", "它所属的申报件已不带它送出，重新发送没有用处，须由申请人重新申报",
       "the dossier that it is a file of goes or went without it, so it is of no use any more; the applicant has to "
       "apply anew"},
      {"why.exchange.nothing_stopped", "没有被退回、隔离或过期的内容",
       "nothing about it was refused, quarantined or has expired"},
      {"why.exchange.reason", "原因须填写，最多 16000 字节", "a reason is needed, of at most 16,000 bytes"},
      {"help.resend", "原因消除后，把被退回、隔离或过期的内容重新发送一次",
       "Once the cause is put right: sends anew what was refused, quarantined or has expired"},
      {"help.number_or_bundle", "申报号、申报标识或交换包编号", "Declaration number or id, or id of a bundle"},
      {"help.reason", "原因，与操作人一并记录", "Why; recorded together with who you are"},
      {"help.exchange", "经过网关的内容", "What crosses the gateway"},
      {"help.find", "在网关控制台按什么查找：一件申报的主题代号和交换包编号",
       "What to search for in the gateway's console: pseudonyms and bundle ids of a declaration"},
      {"help.number", "申报号或申报标识", "Declaration number or id"},
  }));
  return list;
}

// A word that is not there, such as a kind of a later version, stands for itself.
std::string say(const std::string& family, const std::string& word, Language language) {
  return texts().say_or(word, family + word, language);
}
std::string say(const std::string& key, Language language) { return texts().say(key, language); }

}  // namespace

std::string as_text(const Asked& asked, const Enquiry& enquiry, Language language) {
  std::ostringstream out;
  out << say("declaration", language) << " " << (asked.number.empty() ? asked.id : asked.number + "  " + asked.id);
  out << "\n\n" << say("subjects", language) << "\n";
  const auto subject = [&](const std::string& value, const char* whose) {
    out << "  " << value << "  " << say(whose, language) << "\n";
  };
  if (enquiry.subject.empty())
    out << "  " << say("none_ours", language) << "\n";
  else
    subject(enquiry.subject, "ours");
  for (const auto& one : enquiry.theirs) subject(one, "theirs");
  if (enquiry.theirs.empty()) out << "  " << say("none_theirs", language) << "\n";
  out << "\n" << say(enquiry.passages.empty() ? "no_bundles" : "bundles", language) << "\n";
  for (const auto& one : enquiry.passages) {
    out << "  " << one.bundle << "  " << utc_text(one.at) << "  " << say(one.out ? "out" : "in", language) << "  "
        << say("kind.", one.kind, language) << "  " << say("rung.", one.rung, language);
    if (!one.party.empty()) out << "  " << one.party;
    if (!one.code.empty()) out << "  [" << one.code << "]";
    out << "\n";
    if (one.can_be_sent_anew) out << "    " << say("can_be_sent_anew", language) << "\n";
    if (one.needless) out << "    " << say("needless", language) << "\n";
    if (!one.anew) continue;
    out << "    "
        << (one.anew->bundle.empty() ? say("sent_anew", language)
                                     : say("sent_anew_as", language) + " " + one.anew->bundle)
        << "  " << utc_text(one.anew->at) << "  " << printable(one.anew->who) << "  " << printable(one.anew->reason)
        << "\n";
  }
  if (enquiry.not_built > 0) out << say("not_built", language) << enquiry.not_built << "\n";
  return out.str();
}

std::string as_json(const Asked& asked, const Enquiry& enquiry) {
  json::array theirs(enquiry.theirs.begin(), enquiry.theirs.end()), bundles;
  for (const auto& one : enquiry.passages) {
    json::object bundle{
        {"id", one.bundle},   {"direction", one.out ? "out" : "in"}, {"kind", one.kind}, {"rung", one.rung},
        {"party", one.party}, {"at_ms", to_unix_ms(one.at)},         {"code", one.code}};
    if (one.out) bundle["can_be_sent_anew"] = one.can_be_sent_anew;
    if (one.anew)
      bundle["sent_anew"] = {{"id", one.anew->bundle},
                             {"at_ms", to_unix_ms(one.anew->at)},
                             {"who", one.anew->who},
                             {"reason", one.anew->reason}};
    bundles.push_back(std::move(bundle));
  }
  return json::serialize(json::object{{"declaration_id", asked.id},
                                      {"declaration_number", asked.number},
                                      {"subject", enquiry.subject},
                                      {"subjects_of_other_side", std::move(theirs)},
                                      {"not_built", enquiry.not_built},
                                      {"bundles", std::move(bundles)}});
}

ExchangeCommand::ExchangeCommand(Command& program, Language language) : language_(language) {
  auto exchange = program.command("exchange", say("help.exchange", language));
  exchange.needs_command().lets_through();
  auto find = exchange.command("find", say("help.find", language));
  find.lets_through().when_chosen([this] { finds_ = true; });
  find.option("number", number_, say("help.number", language)).required();
  find.json_option(as_json_);
  find.language_option();
  auto resend = exchange.command("resend", say("help.resend", language));
  resend.lets_through().when_chosen([this] { resends_ = true; });
  resend.option("number_or_bundle", number_or_bundle_, say("help.number_or_bundle", language)).required();
  resend.option("--reason", reason_, say("help.reason", language)).required();
  resend.json_option(as_json_);
  resend.language_option();
}

int ExchangeCommand::run(const std::string& database_url, const Ask& ask, const OnSentAnew& on_sent_anew) const {
  return finds_ ? find(database_url, ask) : resend(database_url, ask, on_sent_anew);
}

int ExchangeCommand::unreadable(const Error& error) const {
  std::cerr << say("unreadable", language_) << ": " << error.detail << " [" << error.code << "]\n";
  return 2;
}

int ExchangeCommand::find(const std::string& database_url, const Ask& ask) const {
  std::optional<Asked> asked;
  Enquiry enquiry;
  auto database = storage::Database::open_to_read(database_url);
  const auto read = database ? (*database)->read([&](storage::Transaction& t) {
    asked = ask(t, number_);
    enquiry = enquire(t, asked ? asked->id : number_);
    // Of what has not become a case yet its id is known all the same.
    if (!asked && (!enquiry.theirs.empty() || !enquiry.passages.empty())) asked = Asked{number_, {}};
  })
                             : result<void>(database.error());
  if (!read) return unreadable(read.error());
  if (!asked) {
    std::cerr << say("unknown", language_) << number_ << "\n";
    return 1;
  }
  std::cout << (as_json_ ? as_json(*asked, enquiry) + "\n" : as_text(*asked, enquiry, language_));
  return 0;
}

int ExchangeCommand::resend(const std::string& database_url, const Ask& ask, const OnSentAnew& on_sent_anew) const {
  // To be read first: what is not there is not made.
  std::string about, bundle;
  const auto look = [&](storage::Transaction& t) {
    const auto asked = ask(t, number_or_bundle_);
    const auto row = t.query_one("SELECT subject FROM exchange_sent WHERE bundle_id = $1", {number_or_bundle_});
    about = asked ? asked->id : row ? row->text(0) : std::string();
    if (!asked && row) bundle = number_or_bundle_;
  };
  auto to_read = storage::Database::open_to_read(database_url);
  const auto known = to_read ? (*to_read)->read(look) : result<void>(to_read.error());
  if (!known) return unreadable(known.error());
  if (about.empty()) {
    std::cerr << say("unknown_to_resend", language_) << number_or_bundle_ << "\n";
    return 1;
  }
  auto database = storage::Database::open(database_url, 1);
  if (!database) return unreadable(database.error());
  std::vector<Stopped> sent;
  const auto written = (*database)->write([&](storage::Transaction& t) {
    const auto now = SystemClock().now();
    const Asking asking{local_person(), reason_};
    sent = bundle.empty() ? send_all_anew(t, about, asking, now) : std::vector{send_anew(t, bundle, asking, now)};
    if (on_sent_anew) on_sent_anew(t, about, now);
  });
  if (!written && texts().has("why." + written.error().code)) {
    std::cerr << say("not_resent", language_) << ": " << say("why." + written.error().code, language_) << " ("
              << written.error().detail << ") [" << written.error().code << "]\n";
    return 1;
  }
  if (!written) return unreadable(written.error());
  if (as_json_) {
    json::array bundles;
    for (const auto& one : sent) bundles.push_back({{"id", one.bundle}, {"kind", one.kind}, {"rung", one.rung}});
    std::cout << json::serialize(json::object{{"about", about}, {"sent_anew", std::move(bundles)}}) << "\n";
    return 0;
  }
  std::cout << say("resent", language_) << "\n";
  for (const auto& one : sent)
    std::cout << "  " << one.bundle << "  " << say("kind.", one.kind, language_) << "  "
              << say("rung.", one.rung, language_) << "\n";
  return 0;
}

}  // namespace jindu::exchange
