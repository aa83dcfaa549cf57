#include "common/catalogue/pattern.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>

namespace jindu::catalogue {
namespace {

using Ranges = std::vector<std::pair<char32_t, char32_t>>;

constexpr char32_t kLast = 0x10ffff;
constexpr std::size_t kPatternMax = 500;
constexpr std::size_t kStatesMax = 2000;
constexpr int kRepeatMax = 500;
constexpr int kGroupsMax = 32;
constexpr std::string_view kSyntax = "^$\\.*+?()[]{}|/";

// What JavaScript's \d, \w, \s and . mean with the flag u and without the flags i and s.
const Ranges kDigit{{'0', '9'}};
const Ranges kWord{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
const Ranges kSpace{{'\t', '\r'},     {' ', ' '},       {0x00a0, 0x00a0}, {0x1680, 0x1680}, {0x2000, 0x200a},
                    {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}, {0xfeff, 0xfeff}};
const Ranges kLineEnd{{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};

Ranges inverted(Ranges ranges) {
  std::sort(ranges.begin(), ranges.end());
  Ranges rest;
  char32_t from = 0;
  for (const auto& [first, last] : ranges) {
    if (first > from) rest.emplace_back(from, first - 1);
    if (last + 1 > from) from = last + 1;
  }
  if (from <= kLast) rest.emplace_back(from, kLast);
  return rest;
}

// The next code point of text that the JSON parser found to be UTF-8.
char32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  const int more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  char32_t value = more == 0 ? lead : lead & (0x3fU >> more);
  for (int i = 0; i < more && at < text.size(); ++i)
    value = value << 6 | (static_cast<unsigned char>(text[at++]) & 0x3fU);
  return value;
}

struct Node {
  enum class Kind { set, sequence, choice, repeat, begin, end } kind = Kind::sequence;
  Ranges set = {};
  std::vector<Node> parts = {};
  int least = 0, most = 0;  // most -1: no end
};

// Recursive descent over the code points of the pattern; the first mistake ends it.
class PatternReader {
 public:
  explicit PatternReader(std::string_view pattern) {
    for (std::size_t at = 0; at < pattern.size();) text_.push_back(next_code_point(pattern, at));
  }
  result<Node> read() {
    Node node = choice(0);
    if (!mistake_ && at_ < text_.size()) fail("')' without '('");
    if (mistake_) return Error{Fault::invalid, "schema.pattern", *mistake_};
    return node;
  }

 private:
  bool more() const { return !mistake_ && at_ < text_.size(); }
  bool take(char32_t c) {
    if (!more() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void fail(const std::string& what) {
    if (!mistake_) mistake_ = "at character " + std::to_string(at_ + 1) + ": " + what;
  }

  Node choice(int depth) {
    if (depth > kGroupsMax) fail("too many groups in groups");
    Node node{Node::Kind::choice};
    do node.parts.push_back(sequence(depth));
    while (take('|'));
    return node;
  }

  Node sequence(int depth) {
    Node node{Node::Kind::sequence};
    while (more() && text_[at_] != '|' && text_[at_] != ')') node.parts.push_back(quantified(depth));
    return node;
  }

  Node quantified(int depth) {
    Node node = atom(depth);
    int least = 1, most = 1;
    if (take('*')) {
      least = 0, most = -1;
    } else if (take('+')) {
      most = -1;
    } else if (take('?')) {
      least = 0;
    } else if (take('{')) {
      least = most = number();
      if (take(',')) most = more() && text_[at_] == '}' ? -1 : number();
      if (!take('}')) fail("'{' begins a quantifier such as {2,5}");
      if (most >= 0 && most < least) fail("a quantifier whose end is before its beginning");
    } else {
      return node;
    }
    if (node.kind == Node::Kind::begin || node.kind == Node::Kind::end) fail("an anchor cannot be repeated");
    if (more() && (text_[at_] == '?' || text_[at_] == '*' || text_[at_] == '+' || text_[at_] == '{'))
      fail("a quantifier behind a quantifier");
    return {Node::Kind::repeat, {}, {std::move(node)}, least, most};
  }

  int number() {
    int value = 0;
    const auto begin = at_;
    while (more() && text_[at_] >= '0' && text_[at_] <= '9') {
      value = value * 10 + static_cast<int>(text_[at_++] - '0');
      if (value > kRepeatMax) fail("at most " + std::to_string(kRepeatMax) + " repetitions");
    }
    if (at_ == begin) fail("a number is needed");
    return value;
  }

  Node atom(int depth) {
    const char32_t c = text_[at_++];
    switch (c) {
      case '^':
        return {Node::Kind::begin};
      case '$':
        return {Node::Kind::end};
      case '.':
        return {Node::Kind::set, inverted(kLineEnd)};
      case '[':
        return {Node::Kind::set, bracket()};
      case '\\':
        return {Node::Kind::set, escape(false).first};
      case '(': {
        if (take('?') && !take(':')) fail("only plain groups and (?:groups) are used here");
        Node node = choice(depth + 1);
        if (!take(')')) fail("'(' without ')'");
        return node;
      }
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
        --at_;
        fail("this sign needs a '\\' before it");
        return {};
      default:
        return {Node::Kind::set, {{c, c}}};
    }
  }

  // What an escape stands for, and whether it is one character, so that it may begin or end a range.
  std::pair<Ranges, bool> escape(bool in_bracket) {
    if (!more()) {
      fail("nothing behind '\\'");
      return {};
    }
    const char32_t c = text_[at_++];
    const auto one = [](char32_t value) { return std::pair{Ranges{{value, value}}, true}; };
    switch (c) {
      case 'd':
        return {kDigit, false};
      case 'D':
        return {inverted(kDigit), false};
      case 'w':
        return {kWord, false};
      case 'W':
        return {inverted(kWord), false};
      case 's':
        return {kSpace, false};
      case 'S':
        return {inverted(kSpace), false};
      case 't':
        return one('\t');
      case 'n':
        return one('\n');
      case 'r':
        return one('\r');
      case 'f':
        return one('\f');
      case 'v':
        return one('\v');
      case 'u':
        return one(code_point());
      default:
        if (c < 0x80 && kSyntax.find(static_cast<char>(c)) != std::string_view::npos) return one(c);
        if (in_bracket && c == '-') return one(c);
        fail("this escape is not used here");
        return {};
    }
  }

  char32_t code_point() {
    const bool braced = take('{');
    char32_t value = 0;
    int count = 0;
    while (more() && (braced ? text_[at_] != '}' : count < 4)) {
      const char32_t c = text_[at_];
      const int digit = c >= '0' && c <= '9'   ? static_cast<int>(c - '0')
                        : c >= 'a' && c <= 'f' ? static_cast<int>(c - 'a') + 10
                        : c >= 'A' && c <= 'F' ? static_cast<int>(c - 'A') + 10
                                               : -1;
      if (digit < 0 || value > kLast) break;
      value = value * 16 + static_cast<char32_t>(digit);
      ++at_, ++count;
    }
    const bool whole = braced ? take('}') && count > 0 : count == 4;
    if (!whole || value > kLast || (value >= 0xd800 && value <= 0xdfff)) fail("\\u needs the number of a character");
    return value;
  }

  Ranges bracket() {
    const bool negated = take('^');
    Ranges ranges;
    const auto one = [&]() -> std::pair<Ranges, bool> {
      if (take('\\')) return escape(true);
      const char32_t c = text_[at_++];
      return {{{c, c}}, true};
    };
    while (more() && text_[at_] != ']') {
      auto [set, single] = one();
      if (more() && text_[at_] == '-' && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
        ++at_;
        const auto [end, end_single] = one();
        if (mistake_) break;
        if (!single || !end_single) {
          fail("a range goes from one character to another");
        } else if (end[0].first < set[0].first) {
          fail("a range whose end is before its beginning");
        } else {
          set[0].second = end[0].first;
        }
      }
      ranges.insert(ranges.end(), set.begin(), set.end());
    }
    if (!take(']')) fail("'[' without ']'");
    if (negated) return inverted(std::move(ranges));
    std::sort(ranges.begin(), ranges.end());
    return ranges;
  }

  std::vector<char32_t> text_;
  std::size_t at_ = 0;
  std::optional<std::string> mistake_;
};

}  // namespace

// Makes the states of a node, last part first, so that each knows where it leads.
class PatternBuilder {
 public:
  using State = Pattern::State;
  result<Pattern> build(const Node& node) {
    const auto match = add({State::Kind::match});
    pattern_.start_ = compile(node, match);
    if (overflow_) return Error{Fault::invalid, "schema.pattern", "the pattern repeats too much"};
    return std::move(pattern_);
  }

 private:
  std::uint32_t add(State state) {
    if (pattern_.states_.size() >= kStatesMax) {
      overflow_ = true;
      return 0;
    }
    pattern_.states_.push_back(state);
    return static_cast<std::uint32_t>(pattern_.states_.size() - 1);
  }

  std::uint32_t compile(const Node& node, std::uint32_t next) {
    if (overflow_) return next;
    switch (node.kind) {
      case Node::Kind::set:
        pattern_.sets_.push_back(node.set);
        return add({State::Kind::character, next, static_cast<std::uint32_t>(pattern_.sets_.size() - 1)});
      case Node::Kind::begin:
        return add({State::Kind::begin, next});
      case Node::Kind::end:
        return add({State::Kind::end, next});
      case Node::Kind::sequence:
        for (auto part = node.parts.rbegin(); part != node.parts.rend(); ++part) next = compile(*part, next);
        return next;
      case Node::Kind::choice: {
        auto way = compile(node.parts.back(), next);
        for (auto part = node.parts.rbegin() + 1; part != node.parts.rend(); ++part)
          way = add({State::Kind::either, compile(*part, next), way});
        return way;
      }
      case Node::Kind::repeat: {
        const auto& part = node.parts.front();
        if (node.most < 0) {
          const auto loop = add({State::Kind::either, 0, next});
          const auto body = compile(part, loop);
          if (!overflow_) pattern_.states_[loop].next = body;
          next = loop;
        } else {
          const auto behind = next;
          for (int i = node.least; i < node.most && !overflow_; ++i)
            next = add({State::Kind::either, compile(part, next), behind});
        }
        for (int i = 0; i < node.least && !overflow_; ++i) {
          const auto states = pattern_.states_.size();
          next = compile(part, next);
          // Nothing, as often as you like, is nothing: going on would take 500 times as long for each such group in a
          // group.
          if (pattern_.states_.size() == states) break;
        }
        return next;
      }
    }
    return next;
  }

  Pattern pattern_;
  bool overflow_ = false;
};

result<Pattern> Pattern::compile(std::string_view pattern) {
  if (pattern.size() > kPatternMax)
    return Error{Fault::invalid, "schema.pattern", "a pattern has at most " + std::to_string(kPatternMax) + " bytes"};
  auto node = PatternReader(pattern).read();
  if (!node) return node.error();
  return PatternBuilder().build(*node);
}

bool Pattern::found_in(std::string_view text) const {
  std::vector<std::uint32_t> now, then, pending;
  std::vector<std::size_t> seen(states_.size(), std::numeric_limits<std::size_t>::max());
  bool matched = false;
  // Follows everything that consumes no character. `seen` holds at which position a state was reached last.
  const auto reach = [&](std::uint32_t first, std::size_t position, std::vector<std::uint32_t>& list) {
    pending.push_back(first);
    while (!pending.empty()) {
      const auto state = pending.back();
      pending.pop_back();
      if (seen[state] == position) continue;
      seen[state] = position;
      switch (states_[state].kind) {
        case State::Kind::character:
          list.push_back(state);
          break;
        case State::Kind::either:
          pending.push_back(states_[state].other);
          pending.push_back(states_[state].next);
          break;
        case State::Kind::begin:
          if (position == 0) pending.push_back(states_[state].next);
          break;
        case State::Kind::end:
          if (position == text.size()) pending.push_back(states_[state].next);
          break;
        case State::Kind::match:
          matched = true;
          break;
      }
    }
  };
  for (std::size_t at = 0;;) {
    reach(start_, at, now);  // a match may begin anywhere
    if (matched || at >= text.size()) return matched;
    const auto c = next_code_point(text, at);
    then.clear();
    for (const auto state : now) {
      const auto& set = sets_[states_[state].other];
      if (std::any_of(set.begin(), set.end(), [c](const auto& range) { return c >= range.first && c <= range.second; }))
        reach(states_[state].next, at, then);
    }
    std::swap(now, then);
  }
}

}  // namespace jindu::catalogue
