#include "intranet-approval/inspection/inspector.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <magic.h>

#include <map>
#include <memory>
#include <mutex>

#include "intranet-approval/inspection/pdf.hpp"

namespace jindu::approval::inspection {
namespace {

namespace fs = std::filesystem;

result<std::string> type_by_magic(const fs::path& file) {
  static std::mutex mutex;  // the library is not thread-safe
  static const std::unique_ptr<magic_set, void (*)(magic_t)> library = [] {
    magic_t made = magic_open(MAGIC_MIME_TYPE);
    if (made != nullptr) magic_load(made, nullptr);
    return std::unique_ptr<magic_set, void (*)(magic_t)>(made, magic_close);
  }();
  const std::lock_guard lock(mutex);
  const char* type = library ? magic_file(library.get(), file.c_str()) : nullptr;
  if (type == nullptr) return Error{Fault::internal, "inspection.magic", "the type of a file cannot be found out"};
  return std::string(type);
}

bool is_zip(const std::string& type) {
  return type == "application/zip" || type.starts_with("application/vnd.openxmlformats-officedocument") ||
         type == "application/x-zip-compressed";
}

// What the file's own bytes look like when it is what was declared.
bool agrees(const std::string& declared, const std::string& detected) {
  if (declared == detected) return true;
  if (declared.starts_with("application/vnd.openxmlformats-officedocument")) return detected == "application/zip";
  if (declared == "video/mp4") return detected == "video/quicktime" || detected == "video/x-m4v";
  if (declared == "application/zip") return detected == "application/x-zip-compressed";
  return false;
}

bool extension_agrees(const std::string& declared, const std::string& file_name) {
  static const std::map<std::string, std::vector<std::string>> known{
      {"application/pdf", {".pdf"}},
      {"image/jpeg", {".jpg", ".jpeg"}},
      {"image/png", {".png"}},
      {"video/mp4", {".mp4", ".m4v"}},
      {"application/zip", {".zip"}},
      {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", {".docx"}},
      {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", {".xlsx"}}};
  const auto found = known.find(declared);
  if (found == known.end()) return true;
  auto extension = fs::path(file_name).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(found->second.begin(), found->second.end(), extension) != found->second.end();
}

std::optional<Verdict> look_into_archive(const fs::path& file, const InspectorOptions& options) {
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  // By its table of contents, as what officials open it with reads it; one without has been cut off.
  archive_read_support_format_zip_seekable(reader.get());
  archive_read_support_format_7zip(reader.get());
  archive_read_support_filter_all(reader.get());
  if (archive_read_open_filename(reader.get(), file.c_str(), 64 * 1024) != ARCHIVE_OK)
    return Verdict{false, "inspection.unreadable", "the archive cannot be read", {}};
  const std::uint64_t packed = fs::file_size(file);
  std::uint64_t unpacked = 0, entries = 0;
  archive_entry* entry = nullptr;
  std::vector<char> buffer(256 * 1024);
  for (;;) {
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) return {};
    if (status < ARCHIVE_WARN) return Verdict{false, "inspection.unreadable", "the archive is damaged", {}};
    if (archive_entry_is_encrypted(entry))
      return Verdict{false, "inspection.encrypted", "the archive is encrypted and cannot be looked into", {}};
    if (++entries > options.entries_max)
      return Verdict{false, "inspection.archive_bomb", "the archive has too many files", {}};
    const char* name = archive_entry_pathname_utf8(entry);
    const std::string_view path = name != nullptr ? name : "";
    if (path.ends_with("vbaProject.bin")) return Verdict{false, "inspection.macro", "the document holds macros", {}};
    for (;;) {
      const auto count = archive_read_data(reader.get(), buffer.data(), buffer.size());
      if (count == 0) break;
      if (count < 0) return Verdict{false, "inspection.unreadable", "the archive is damaged", {}};
      unpacked += static_cast<std::uint64_t>(count);
      // Counted while unpacking: what a header says of its size is not believed.
      if (unpacked > options.unpacked_max ||
          (unpacked > (10u << 20) && unpacked / std::max<std::uint64_t>(packed, 1) > options.ratio_max))
        return Verdict{false, "inspection.archive_bomb", "the archive unpacks to far more than it is", {}};
    }
  }
}

}  // namespace

result<Verdict> Inspector::inspect(const fs::path& file, const std::string& declared_type,
                                   const std::string& file_name) const {
  auto detected = type_by_magic(file);
  if (!detected) return detected.error();
  const auto with_type = [&](Verdict verdict) {
    verdict.detected_type = *detected;
    return verdict;
  };
  // The scanner first: what it knows need not be opened by any library of ours.
  std::string code = "unscanned";
  if (!options_.clamd_socket.empty()) {
    auto found = scan_with_clamd(options_.clamd_socket, file);
    if (!found) return found.error();
    if (!found->empty()) return with_type({false, "inspection.virus", *found, {}});
    code = "clean";
  }
  if (!agrees(declared_type, *detected))
    return with_type(
        {false, "inspection.type_mismatch", "declared as " + declared_type + ", looks like " + *detected, {}});
  if (!extension_agrees(declared_type, file_name))
    return with_type({false, "inspection.type_mismatch", "the file's name does not fit " + declared_type, {}});
  if (is_zip(*detected) || is_zip(declared_type))
    if (auto bad = look_into_archive(file, options_)) return with_type(*bad);
  if (*detected == "application/pdf")
    if (auto bad = look_into_pdf(file)) return with_type(*bad);
  return with_type({true, code, {}, {}});
}

}  // namespace jindu::approval::inspection
