#include "intranet-approval/documents/pades.hpp"

#include <qpdf/Buffer.hh>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFWriter.hh>

#include <ctime>

#include "common/crypto/cms.hpp"

namespace jindu::approval::documents {
namespace {

constexpr std::size_t kContentsBytes = 12'000;  // room for the CMS with its chain
// Ten digits each: wide enough for any file, and easy to find again after writing.
constexpr std::string_view kRangeMark = "9999999999";

std::string pdf_date(Instant at) {
  const auto seconds = static_cast<std::time_t>(to_unix_ms(at) / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "D:%Y%m%d%H%M%SZ", &parts);
  return text;
}

// The text of the PDF with an empty signature in it.
std::string with_placeholder(BytesView pdf, const PadesOptions& options) {
  QPDF document;
  document.processMemoryFile("decision", reinterpret_cast<const char*>(pdf.data()), pdf.size());
  auto signature = QPDFObjectHandle::newDictionary();
  signature.replaceKey("/Type", QPDFObjectHandle::newName("/Sig"));
  signature.replaceKey("/Filter", QPDFObjectHandle::newName("/Adobe.PPKLite"));
  signature.replaceKey("/SubFilter", QPDFObjectHandle::newName("/ETSI.CAdES.detached"));
  signature.replaceKey("/Name", QPDFObjectHandle::newUnicodeString(options.name));
  signature.replaceKey("/Reason", QPDFObjectHandle::newUnicodeString(options.reason));
  signature.replaceKey("/M", QPDFObjectHandle::newString(pdf_date(options.at)));
  const auto mark = std::string(kRangeMark);
  signature.replaceKey("/ByteRange", QPDFObjectHandle::parse("[0 " + mark + " " + mark + " " + mark + "]"));
  signature.replaceKey("/Contents", QPDFObjectHandle::newString(std::string(kContentsBytes, '\0')));
  auto held = document.makeIndirectObject(signature);

  auto page = document.getAllPages().at(0);
  auto field = QPDFObjectHandle::newDictionary();
  field.replaceKey("/Type", QPDFObjectHandle::newName("/Annot"));
  field.replaceKey("/Subtype", QPDFObjectHandle::newName("/Widget"));
  field.replaceKey("/FT", QPDFObjectHandle::newName("/Sig"));
  field.replaceKey("/T", QPDFObjectHandle::newUnicodeString("Seal"));
  field.replaceKey("/F", QPDFObjectHandle::newInteger(132));  // printed, locked
  field.replaceKey("/Rect", QPDFObjectHandle::parse("[0 0 0 0]"));
  field.replaceKey("/P", page);
  field.replaceKey("/V", held);
  auto field_held = document.makeIndirectObject(field);
  auto annotations = page.getKey("/Annots");
  if (!annotations.isArray()) annotations = QPDFObjectHandle::newArray();
  annotations.appendItem(field_held);
  page.replaceKey("/Annots", annotations);
  auto form = QPDFObjectHandle::newDictionary();
  form.replaceKey("/SigFlags", QPDFObjectHandle::newInteger(3));
  form.replaceKey("/Fields", QPDFObjectHandle::newArray({field_held}));
  document.getRoot().replaceKey("/AcroForm", document.makeIndirectObject(form));

  QPDFWriter writer(document);
  writer.setOutputMemory();
  writer.setObjectStreamMode(qpdf_o_disable);  // the dictionary must stand in the file as it is
  writer.setStaticID(false);
  writer.write();
  const std::unique_ptr<Buffer> buffer(writer.getBuffer());
  return std::string(reinterpret_cast<const char*>(buffer->getBuffer()), buffer->getSize());
}

}  // namespace

result<Bytes> sign_pdf(BytesView pdf, const crypto::Identity& signer, const PadesOptions& options) {
  std::string text;
  try {
    text = with_placeholder(pdf, options);
  } catch (const std::exception& e) {
    return Error{Fault::invalid, "document.pdf", std::string("the PDF cannot be read: ") + e.what()};
  }
  const std::string hole = "<" + std::string(2 * kContentsBytes, '0') + ">";
  const auto contents = text.find(hole);
  const auto range = text.find("/ByteRange [");
  if (contents == std::string::npos || range == std::string::npos || text.find(hole, contents + 1) != std::string::npos)
    return Error{Fault::internal, "document.signature", "the place of the signature is not found"};
  const std::size_t end = contents + hole.size();
  const auto range_end = text.find(']', range);
  std::string ranges = "/ByteRange [ 0 " + std::to_string(contents) + " " + std::to_string(end) + " " +
                       std::to_string(text.size() - end) + " ";
  if (range_end == std::string::npos || ranges.size() > range_end - range)
    return Error{Fault::internal, "document.signature", "the range does not fit its place"};
  ranges.resize(range_end - range, ' ');
  text.replace(range, ranges.size(), ranges);

  const std::string covered = text.substr(0, contents) + text.substr(end);
  auto cms = crypto::cms_sign(bytes_of(covered), signer.key, signer.certificate, signer.chain);
  if (!cms) return cms.error();
  if (cms->size() > kContentsBytes)
    return Error{Fault::internal, "document.signature", "the signature does not fit its place"};
  const auto hex = to_hex(*cms);
  text.replace(contents + 1, hex.size(), hex);
  return Bytes(text.begin(), text.end());
}

}  // namespace jindu::approval::documents
