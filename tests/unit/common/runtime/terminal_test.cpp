#include "common/runtime/terminal.hpp"

#include <catch2/catch.hpp>

namespace jindu {

TEST_CASE("a Chinese sign takes two cells, what changes a sign none, any other one") {
  CHECK(cells("") == 0);
  CHECK(cells("portal>approval") == 15);
  CHECK(cells("待传送") == 6);
  CHECK(cells("（waiting）") == 11);
  CHECK(cells("外端机：0/2") == 11);
  CHECK(cells("、。") == 4);
  CHECK(cells("“…”→é") == 5);
  CHECK(cells("e\u0301") == 1);
  CHECK(cells("\U00020BB7") == 2);
  CHECK(cells("\U0001F600") == 2);
}

TEST_CASE("each byte that is no UTF-8 takes a cell") {
  CHECK(cells("\xff\xfe") == 2);
  CHECK(cells("\xe5\xbe") == 2);
  CHECK(cells("a\x80z") == 3);
  CHECK(cells("\xe5 z") == 3);
}

TEST_CASE("padding counts cells and never cuts") {
  CHECK(padded("已办结", 8) == "已办结  ");
  CHECK(padded("applied", 8) == "applied ");
  CHECK(padded("已办结", 5) == "已办结");
}

TEST_CASE("what comes from elsewhere gives a terminal no orders") {
  CHECK(printable("待传送 portal>approval ü") == "待传送 portal>approval ü");
  CHECK(printable("a\nb\tc") == "a b c");
  CHECK(printable("\x1b[2J\x07red\x7f") == "?[2J?red?");
  CHECK(printable("\xc2\x9b"
                  "2J") == "?2J");  // CSI as one sign
  CHECK(printable("\x9b"
                  "2J") == "?2J");                              // and as a byte that is no UTF-8
  CHECK(printable("abc\xe2\x80\xaegpj.exe") == "abc?gpj.exe");  // right to left from here
  CHECK(printable(std::string_view("\0x", 2)) == "?x");
}

}  // namespace jindu
