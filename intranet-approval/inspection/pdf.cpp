#include "intranet-approval/inspection/pdf.hpp"

#include <qpdf/QPDF.hh>

namespace jindu::approval::inspection {
namespace {

// Deeper than any document that a program for people writes.
constexpr int kPdfNestingMax = 64;

// What runs or hides something, anywhere in an object. What it refers to is an object of its own and is looked into by
// itself.
std::optional<Verdict> look_into_pdf_object(QPDFObjectHandle object, int nesting = 0) {
  if (nesting > kPdfNestingMax)
    return Verdict{false, "inspection.unreadable", "the PDF is nested deeper than any document needs", {}};
  if (object.isArray()) {
    for (auto& item : object.getArrayAsVector())
      if (!item.isIndirect())
        if (auto verdict = look_into_pdf_object(item, nesting + 1)) return verdict;
    return {};
  }
  auto dictionary = object.isStream() ? object.getDict() : object;
  if (!dictionary.isDictionary()) return {};
  auto action = dictionary.getKey("/S");
  if (action.isName() && (action.getName() == "/JavaScript" || action.getName() == "/Launch"))
    return Verdict{false, "inspection.active_content", "the PDF runs something when it is opened", {}};
  if (dictionary.hasKey("/JS")) return Verdict{false, "inspection.active_content", "the PDF holds a script", {}};
  if (dictionary.hasKey("/EmbeddedFiles"))
    return Verdict{false, "inspection.active_content", "the PDF holds other files", {}};
  for (auto& [name, value] : dictionary.getDictAsMap())
    if (!value.isIndirect())
      if (auto verdict = look_into_pdf_object(value, nesting + 1)) return verdict;
  return {};
}

}  // namespace

std::optional<Verdict> look_into_pdf(const std::filesystem::path& file) {
  try {
    QPDF document;
    document.setSuppressWarnings(true);
    document.processFile(file.c_str());
    for (auto& object : document.getAllObjects())
      if (auto verdict = look_into_pdf_object(object)) return verdict;
  } catch (const std::exception& e) {
    const std::string what = e.what();
    if (what.find("password") != std::string::npos)
      return Verdict{false, "inspection.encrypted", "the PDF is protected by a password", {}};
    return Verdict{false, "inspection.unreadable", "the PDF is damaged", {}};
  }
  return {};
}

}  // namespace jindu::approval::inspection
