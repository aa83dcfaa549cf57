// What a PDF may not bring along, wherever in it that is written; archives that unpack to far more than they are.
#include "intranet-approval/inspection/inspector.hpp"

#include <archive.h>
#include <archive_entry.h>

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

std::string verdict_on(const std::string& bytes, const std::string& type = "application/pdf",
                       const std::string& name = "articles.pdf", const InspectorOptions& options = {}) {
  const auto file = fs::temp_directory_path() / ("jindu-inspected-" + new_uuid(SystemClock().now()));
  std::ofstream(file, std::ios::binary) << bytes;
  const auto verdict = Inspector(options).inspect(file, type, name);
  fs::remove(file);
  return verdict.value().code;
}

// A zip file of entries with so many equal bytes each.
std::string zip_of(const std::vector<std::pair<std::string, std::size_t>>& entries, const char* options = nullptr) {
  std::string out;
  archive* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  archive_write_set_bytes_in_last_block(writer, 1);  // no padding
  if (options != nullptr) {
    archive_write_set_options(writer, options);
    archive_write_set_passphrase(writer, "secret");
  }
  archive_write_open(
      writer, &out, nullptr,
      [](archive*, void* to, const void* bytes, std::size_t size) {
        static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
        return static_cast<la_ssize_t>(size);
      },
      nullptr);
  for (const auto& [name, size] : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(size));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(writer, entry);
    const std::string zeros(1 << 20, '\0');
    for (std::size_t done = 0; done < size; done += zeros.size())
      archive_write_data(writer, zeros.data(), std::min(zeros.size(), size - done));
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  return out;
}

std::string verdict_on_zip(const std::string& bytes, const InspectorOptions& options = {}) {
  return verdict_on(bytes, "application/zip", "materials.zip", options);
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

TEST_CASE("an archive that unpacks to far more than it is, or to too many files, is not let in") {
  CHECK(verdict_on_zip(zip_of({{"plan.txt", 3000}, {"list.txt", 10}})) == "unscanned");
  // 64 MiB of nothing in less than 100 KiB.
  const auto bomb = zip_of({{"plan.txt", std::size_t{64} << 20}});
  REQUIRE(bomb.size() < 100 * 1024);
  CHECK(verdict_on_zip(bomb) == "inspection.archive_bomb");
  // The same in pieces, each of which is harmless.
  std::vector<std::pair<std::string, std::size_t>> pieces;
  for (int i = 0; i < 64; ++i) pieces.emplace_back("piece-" + std::to_string(i), std::size_t{1} << 20);
  CHECK(verdict_on_zip(zip_of(pieces)) == "inspection.archive_bomb");
  InspectorOptions few;
  few.entries_max = 10;
  pieces.resize(11);
  for (auto& one : pieces) one.second = 1;
  CHECK(verdict_on_zip(zip_of(pieces), few) == "inspection.archive_bomb");
  InspectorOptions little;
  little.unpacked_max = 1000;
  CHECK(verdict_on_zip(zip_of({{"plan.txt", 1001}}), little) == "inspection.archive_bomb");
  // What its headers say of sizes is not believed: here that there is nothing in it.
  auto lying = bomb;
  for (auto at = lying.find("PK\x01\x02"); at != std::string::npos; at = lying.find("PK\x01\x02", at + 4))
    lying.replace(at + 24, 4, std::string(4, '\0'));
  CHECK(verdict_on_zip(lying) != "unscanned");
}

TEST_CASE("an archive that is damaged, encrypted, or brings macros along is not let in") {
  const auto whole = zip_of({{"plan.txt", 300'000}});
  CHECK(verdict_on_zip(whole.substr(0, whole.size() / 2)) == "inspection.unreadable");
  CHECK(verdict_on_zip(zip_of({{"plan.txt", 300}}, "zip:encryption=aes256")) == "inspection.encrypted");
  CHECK(verdict_on(zip_of({{"[Content_Types].xml", 300}, {"word/document.xml", 300}, {"word/vbaProject.bin", 300}}),
                   "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                   "letter.docx") == "inspection.macro");
}

}  // namespace jindu::approval::inspection
