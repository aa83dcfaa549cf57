// Warns people by mail of what is not delivered in time. A warning and its letter are one row of the journal, written
// in one commit: a crash neither forgets it nor makes a second one.
#include <fmt/args.h>

#include <iterator>

#include "common/runtime/ids.hpp"
#include "exchange-gateway/unit/parts.hpp"
#include "exchange-gateway/unit/warning_texts.hpp"

namespace jindu::gateway {
namespace {

enum class Tongue { chinese, english };

template <class... Values>
std::string in_words(Tongue tongue, WarningText what, const Values&... values) {
  fmt::dynamic_format_arg_store<fmt::format_context> arguments;
  (arguments.push_back(values), ...);
  return fmt::vformat(kWarningTexts[static_cast<std::size_t>(what)][tongue == Tongue::english ? 1 : 0], arguments);
}

std::string time_in_words(Tongue tongue, std::chrono::milliseconds time) {
  const auto seconds = std::max<std::int64_t>(time.count() / 1000, 0);
  if (seconds >= 2 * 86'400) return in_words(tongue, WarningText::days, seconds / 86'400);
  if (seconds >= 2 * 3600) return in_words(tongue, WarningText::hours, seconds / 3600);
  if (seconds >= 2 * 60) return in_words(tongue, WarningText::minutes, seconds / 60);
  return in_words(tongue, WarningText::seconds, seconds);
}

WarningText advice_for(const std::string& state) {
  if (state == "waiting") return WarningText::waiting;
  if (state == "carried") return WarningText::carried;
  if (state == "ready") return WarningText::ready;
  return state == "early" ? WarningText::early : WarningText::held;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

std::string number_of(std::int64_t bundles, bool more) { return std::to_string(bundles) + (more ? "+" : ""); }

std::string text_of_warning(Tongue tongue, const std::string& unit, const Contact& contact, const store::Late& late,
                            std::int64_t now_ms) {
  const auto age = [&](std::int64_t since) { return time_in_words(tongue, std::chrono::milliseconds(now_ms - since)); };
  const auto said = [&](WarningText what, const auto&... values) { return in_words(tongue, what, values...) + "\n"; };
  auto text = said(WarningText::opening, unit, contact.channel,
                   number_of(late.bundles, late.bundles >= store::kLateCounted), time_in_words(tongue, contact.after)) +
              said(WarningText::oldest, age(late.oldest.front().stored_ms)) + "\n" + said(WarningText::named);
  std::set<std::string> states;
  for (const auto& one : late.oldest) {
    text += "  " + one.id + "  " + one.state + "  " + age(one.stored_ms) + "\n";
    states.insert(one.state);
  }
  const auto more = late.bundles - static_cast<std::int64_t>(late.oldest.size());
  if (more > 0) text += "  " + said(WarningText::more, more);
  text += "\n" + said(WarningText::to_do);
  for (const auto& state : states) text += "- " + said(advice_for(state));
  return text + "- " + said(WarningText::where) + "\n" + said(WarningText::expiry);
}

}  // namespace

result<void> Unit::warn() {
  const auto at = now();
  const auto due = [&](storage::Transaction& t, const Contact& contact) {
    const auto newest = store::newest_stored_before(t, contact.channel, to_unix_ms(at - contact.after));
    const auto warned = store::warned_ms(t, contact.channel, 1);
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
      std::string separator = " / ", rule(60, '-');
      letter.subject = in_words(Tongue::chinese, WarningText::subject, unit, contact->channel, number) + separator +
                       in_words(Tongue::english, WarningText::subject, unit, contact->channel, number);
      letter.text = text_of_warning(Tongue::chinese, unit, *contact, late, to_unix_ms(at)) + "\n" + rule + "\n\n" +
                    text_of_warning(Tongue::english, unit, *contact, late, to_unix_ms(at));
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
    const auto newest = store::newest_warning(t, contact.channel);
    if (!newest) continue;
    for (const auto& address : words_of(newest->refused))
      if (std::find(contact.mail.begin(), contact.mail.end(), address) != contact.mail.end())
        facts.refused_addresses.emplace_back(address, newest->tried_ms);
  }
}

}  // namespace jindu::gateway
