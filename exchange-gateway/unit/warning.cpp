// Warns people by mail of what is not delivered in time. A warning and its letter are one row of the journal, written
// in one commit: a crash neither forgets it nor makes a second one.
#include <iterator>

#include "common/runtime/ids.hpp"
#include "exchange-gateway/unit/parts.hpp"
#include "exchange-gateway/unit/warning_texts.hpp"

namespace jindu::gateway {
namespace {

std::string time_in_words(Language language, std::chrono::milliseconds time) {
  const auto seconds = std::max<std::int64_t>(time.count() / 1000, 0);
  const auto said = [&](const char* unit, std::int64_t n) { return warning_texts().say(unit, language, {{"n", n}}); };
  if (seconds >= 2 * 86'400) return said("time.days", seconds / 86'400);
  if (seconds >= 2 * 3600) return said("time.hours", seconds / 3600);
  if (seconds >= 2 * 60) return said("time.minutes", seconds / 60);
  return said("time.seconds", seconds);
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

std::string number_of(std::int64_t bundles, bool more) { return std::to_string(bundles) + (more ? "+" : ""); }

std::string text_of_warning(Language language, const std::string& unit, const Contact& contact, const store::Late& late,
                            std::int64_t now_ms) {
  const auto age = [&](std::int64_t since) {
    return time_in_words(language, std::chrono::milliseconds(now_ms - since));
  };
  const auto said = [&](const std::string& key, const Values& values = {}) {
    return warning_texts().say(key, language, values) + "\n";
  };
  auto text = said("opening", {{"unit", unit},
                               {"channel", contact.channel},
                               {"n", number_of(late.bundles, late.bundles >= store::kLateCounted)},
                               {"time", time_in_words(language, contact.after)}}) +
              said("oldest", {{"time", age(late.oldest.front().stored_ms)}}) + "\n" + said("named");
  std::set<std::string> states;
  for (const auto& one : late.oldest) {
    text += "  " + one.id + "  " + one.state + "  " + age(one.stored_ms) + "\n";
    states.insert(one.state);
  }
  const auto more = late.bundles - static_cast<std::int64_t>(late.oldest.size());
  if (more > 0) text += "  " + said("more", {{"n", more}});
  text += "\n" + said("to_do");
  for (const auto& state : states) text += "- " + said("to_do." + state);
  return text + "- " + said("where") + "\n" + said("expiry");
}

}  // namespace

result<void> Unit::warn() {
  const auto at = now();
  const auto due = [&](storage::Transaction& t, const Contact& contact) {
    const auto newest = store::newest_stored_before(t, contact.channel, to_unix_ms(at - contact.after));
    const auto warned = store::warned_ms(t, contact.channel, to_unix_ms(at), 1);
    return newest > 0 && is_warning_due(contact, {newest, warned.empty() ? 0 : warned.front()}, at);
  };
  std::vector<const Contact*> to_warn;
  auto ok = journal_.read([&](storage::Transaction& t) {
    to_warn.clear();
    for (const auto& contact : options_.contacts)
      if (due(t, contact)) to_warn.push_back(&contact);
  });
  if (!ok || to_warn.empty()) return ok;
  ok = journal_.write([&](storage::Transaction& t) {
    for (const auto* contact : to_warn) {
      const auto late = store::late(t, contact->channel, to_unix_ms(at - contact->after));
      if (late.oldest.empty()) continue;
      const auto& unit = options_.name;
      const auto number = number_of(late.bundles, late.bundles >= store::kLateCounted);
      mail::Letter letter{uuid_text(uuid_v7(at)) + "@" + unit, options_.mail_from, contact->mail, at, {}, {}};
      const auto subject = [&](Language language) {
        return warning_texts().say("subject", language, {{"unit", unit}, {"channel", contact->channel}, {"n", number}});
      };
      std::string separator = " / ", rule(60, '-');
      letter.subject = subject(Language::zh) + separator + subject(Language::en);
      letter.text = text_of_warning(Language::zh, unit, *contact, late, to_unix_ms(at)) + "\n" + rule + "\n\n" +
                    text_of_warning(Language::en, unit, *contact, late, to_unix_ms(at));
      const auto message = mail::compose(letter);
      std::string recipients;
      for (const auto& one : contact->mail) recipients += (recipients.empty() ? "" : " ") + one;
      store::put_warning(t, {0, contact->channel, to_unix_ms(at), late.bundles, late.oldest.front().stored_ms,
                             recipients, Bytes(message.begin(), message.end()), 0, ""});
      log::warn("unit.not_delivered_in_time", {{"channel", contact->channel}, {"bundles", late.bundles}});
    }
  });
  for_mail_.tell();
  return ok;
}

result<bool> Unit::send_warning(const SendLetter& send, Instant round) {
  std::optional<store::Warning> warning;
  auto ok = journal_.read(
      [&](storage::Transaction& t) { warning = store::next_to_send(t, to_unix_ms(round), to_unix_ms(now())); });
  if (!ok) return ok.error();
  if (!warning) return false;
  const auto to = words_of(warning->recipients);
  auto refused = send(to, ::jindu::text_of(warning->message));
  std::optional<Error> failed;
  if (!refused)
    failed = refused.error();
  else if (refused->size() == to.size())
    failed = Error{Fault::unavailable, "mail.refused",
                   "the mail server refuses everybody who is warned of " + warning->channel};
  warning->tried_ms = to_unix_ms(now());
  warning->sent_ms = failed ? 0 : warning->tried_ms;
  warning->code = failed ? failed->code : "";
  if (refused) {
    warning->refused.clear();
    for (const auto& one : *refused) {
      warning->refused += (warning->refused.empty() ? "" : " ") + one.address;
      log::error("unit.mail_address_refused",
                 {{"channel", warning->channel}, {"address", one.address}, {"answer", one.answer}});
    }
  }
  ok = journal_.write([&](storage::Transaction& t) { store::set_tried(t, *warning); });
  if (failed) return *failed;
  if (!ok) return ok.error();
  log::info("unit.warning_sent", {{"channel", warning->channel}, {"bundles", warning->bundles}});
  return true;
}

// Addresses that a contact still names and the mail server refused when it was given the newest letter of the channel.
void Unit::note_refused_addresses(storage::Transaction& t, Facts& facts) const {
  for (const auto& contact : options_.contacts) {
    const auto newest = store::newest_warning(t, contact.channel, to_unix_ms(now()));
    if (!newest) continue;
    for (const auto& address : words_of(newest->refused))
      if (std::find(contact.mail.begin(), contact.mail.end(), address) != contact.mail.end())
        facts.refused_addresses.emplace_back(address, newest->tried_ms);
  }
}

}  // namespace jindu::gateway
