// What a PDF may not bring along, wherever in it that is written.
#include "intranet-approval/inspection/inspector.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "common/runtime/ids.hpp"

namespace jindu::approval::inspection {
namespace {

namespace fs = std::filesystem;

// A page, with these entries in its catalogue and these objects behind it.
std::string pdf_with(const std::string& entries, const std::vector<std::string>& more = {}) {
  std::vector<std::string> objects{"<< /Type /Catalog /Pages 2 0 R " + entries + " >>",
                                   "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                                   "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"};
  objects.insert(objects.end(), more.begin(), more.end());
  std::string out = "%PDF-1.4\n", table = "0000000000 65535 f \n";
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const auto at = std::to_string(out.size());
    table += std::string(10 - at.size(), '0') + at + " 00000 n \n";
    out += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
  }
  const auto start = std::to_string(out.size()), count = std::to_string(objects.size() + 1);
  return out + "xref\n0 " + count + "\n" + table + "trailer << /Size " + count + " /Root 1 0 R >>\nstartxref\n" +
         start + "\n%%EOF\n";
}

std::string verdict_on(const std::string& pdf) {
  const auto file = fs::temp_directory_path() / ("jindu-pdf-" + new_uuid(SystemClock().now()));
  std::ofstream(file, std::ios::binary) << pdf;
  const auto verdict = Inspector({}).inspect(file, "application/pdf", "articles.pdf");
  fs::remove(file);
  return verdict.value().code;
}

}  // namespace

TEST_CASE("a PDF with nothing but a page is let in") {
  CHECK(verdict_on(pdf_with("")) == "unscanned");
  CHECK(verdict_on(pdf_with("/ViewerPreferences << /FitWindow true >>")) == "unscanned");
}

TEST_CASE("a script in a PDF is found, whether it stands by itself or within another object") {
  CHECK(verdict_on(pdf_with("/OpenAction 4 0 R", {"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"})) ==
        "inspection.active_content");
  CHECK(verdict_on(pdf_with("/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>")) == "inspection.active_content");
  CHECK(verdict_on(pdf_with("/AA << /WC << /S /Launch /F (cmd.exe) >> >>")) == "inspection.active_content");
  CHECK(verdict_on(pdf_with("/Pieces [[<< /A [1 << /JS (x) >>] >>]]")) == "inspection.active_content");
}

TEST_CASE("files within a PDF are found, whether their names stand by themselves or not") {
  CHECK(verdict_on(pdf_with("/Names << /EmbeddedFiles << /Names [] >> >>")) == "inspection.active_content");
  CHECK(verdict_on(pdf_with("/Names 4 0 R", {"<< /EmbeddedFiles << /Names [] >> >>"})) == "inspection.active_content");
}

TEST_CASE("a PDF nested without end is not looked into without end") {
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  CHECK(verdict_on(pdf_with("/Deep " + deep)) == "inspection.unreadable");
}

}  // namespace jindu::approval::inspection
