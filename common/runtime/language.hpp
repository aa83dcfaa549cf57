#pragma once
// The languages that people read: Chinese first, English second.
#include <string_view>

namespace jindu {

enum class Language { zh, en };

// What a program of the command line speaks: what was asked for ("zh" or "en"); otherwise what the locale says by
// LC_ALL or else LANG, of which zh… is Chinese and any other English; otherwise Chinese.
Language language_of(std::string_view asked);
// The same, with what --language of this line asks for, which may be needed before the line is read: for its help.
Language language_of(int argc, const char* const* argv);

}  // namespace jindu
