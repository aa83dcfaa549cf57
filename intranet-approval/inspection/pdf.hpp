#pragma once
// What a PDF would do when it is opened. Apart from the rest, since its library's headers need C++17 where the compiler
// is clang 14 (the fuzz targets).
#include <filesystem>
#include <optional>

#include "intranet-approval/inspection/verdict.hpp"

namespace jindu::approval::inspection {

// What speaks against it: inspection.active_content, .encrypted or .unreadable; nothing when it is harmless.
std::optional<Verdict> look_into_pdf(const std::filesystem::path& file);

}  // namespace jindu::approval::inspection
