// What `exchange find` says, in Chinese and English.
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <iostream>
#include <sstream>

#include "common/exchange/codec/words.hpp"
#include "common/exchange/service/enquiry.hpp"
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
  }
  if (enquiry.not_built > 0) out << say("not_built", language) << enquiry.not_built << "\n";
  return out.str();
}

std::string as_json(const Asked& asked, const Enquiry& enquiry) {
  json::array theirs(enquiry.theirs.begin(), enquiry.theirs.end()), bundles;
  for (const auto& one : enquiry.passages)
    bundles.push_back({{"id", one.bundle},
                       {"direction", one.out ? "out" : "in"},
                       {"kind", one.kind},
                       {"rung", one.rung},
                       {"party", one.party},
                       {"at_ms", to_unix_ms(one.at)},
                       {"code", one.code}});
  return json::serialize(json::object{{"declaration_id", asked.id},
                                      {"declaration_number", asked.number},
                                      {"subject", enquiry.subject},
                                      {"subjects_of_other_side", std::move(theirs)},
                                      {"not_built", enquiry.not_built},
                                      {"bundles", std::move(bundles)}});
}

FindCommand::FindCommand(Command& program, Language language) : language_(language) {
  auto exchange = program.command("exchange", say("help.exchange", language));
  exchange.needs_command().lets_through();
  auto find = exchange.command("find", say("help.find", language));
  find.lets_through().when_chosen([this] { chosen_ = true; });
  find.option("number", number_, say("help.number", language)).required();
  find.json_option(as_json_);
  find.language_option();
}

int FindCommand::run(const std::string& database_url, const Ask& ask) const {
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
  if (!read) {
    std::cerr << say("unreadable", language_) << ": " << read.error().detail << " [" << read.error().code << "]\n";
    return 2;
  }
  if (!asked) {
    std::cerr << say("unknown", language_) << number_ << "\n";
    return 1;
  }
  std::cout << (as_json_ ? as_json(*asked, enquiry) + "\n" : as_text(*asked, enquiry, language_));
  return 0;
}

}  // namespace jindu::exchange
