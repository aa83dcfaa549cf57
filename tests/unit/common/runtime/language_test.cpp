#include "common/runtime/language.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <string>

namespace jindu {
namespace {

// The locale of this process while it lives.
class Locale {
 public:
  Locale(const char* all, const char* lang) {
    for (const auto& [name, value] : {std::pair("LC_ALL", all), std::pair("LANG", lang)}) {
      if (const char* old = std::getenv(name)) before_.emplace(name, old);
      value ? ::setenv(name, value, 1) : ::unsetenv(name);
    }
  }
  ~Locale() {
    for (const auto* name : {"LC_ALL", "LANG"})
      before_.contains(name) ? ::setenv(name, before_.at(name).c_str(), 1) : ::unsetenv(name);
  }

 private:
  std::map<std::string, std::string> before_;
};

Language of_line(std::vector<const char*> line) { return language_of(static_cast<int>(line.size()), line.data()); }

}  // namespace

TEST_CASE("a program speaks the language of the locale, and Chinese where there is none") {
  struct Case {
    const char* all;
    const char* lang;
    Language language;
  };
  for (const auto& one :
       {Case{nullptr, nullptr, Language::zh}, Case{nullptr, "", Language::zh},
        Case{nullptr, "zh_CN.UTF-8", Language::zh}, Case{nullptr, "C.UTF-8", Language::en},
        Case{nullptr, "POSIX", Language::en}, Case{nullptr, "de_DE", Language::en}, Case{"zh_CN", "C", Language::zh},
        Case{"C", "zh_CN", Language::en}, Case{"", "zh_CN", Language::zh}}) {
    const Locale locale(one.all, one.lang);
    CAPTURE(one.all ? one.all : "unset", one.lang ? one.lang : "unset");
    CHECK(language_of("") == one.language);
  }
}

TEST_CASE("what is asked for goes before the locale") {
  const Locale locale("C", nullptr);
  CHECK(language_of("zh") == Language::zh);
  CHECK(of_line({"program", "verb", "--language", "zh"}) == Language::zh);
  CHECK(of_line({"program", "--language=zh", "verb", "--help"}) == Language::zh);
  CHECK(of_line({"program", "verb", "--language"}) == Language::en);
  CHECK(of_line({"program"}) == Language::en);
}

}  // namespace jindu
