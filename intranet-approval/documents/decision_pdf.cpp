#include "intranet-approval/documents/decision_pdf.hpp"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include <cmath>
#include <memory>

#include "intranet-approval/documents/qr.hpp"

namespace jindu::approval::documents {
namespace {

constexpr double kWidth = 595.28, kHeight = 841.89;  // A4 in points
constexpr double kLeft = 72, kRight = 72, kTop = 78, kBottom = 80;
constexpr double kText = kWidth - kLeft - kRight;
constexpr char kSerif[] = "Noto Serif CJK SC, Noto Sans CJK SC";
constexpr char kSans[] = "Noto Sans CJK SC";
constexpr double kRed[3] = {0.78, 0.07, 0.10};

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
  void operator()(cairo_t* c) const { cairo_destroy(c); }
  void operator()(cairo_surface_t* s) const { cairo_surface_destroy(s); }
};
template <class T>
using Held = std::unique_ptr<T, Unref>;

struct Style {
  const char* family = kSerif;
  double size = 12;
  bool bold = false;
  PangoAlignment align = PANGO_ALIGN_LEFT;
  double line = 1.6;
  double indent = 0;
  bool justify = false;
  const char* language = "zh-cn";
};

class Page {
 public:
  explicit Page(Bytes& out)
      : surface_(cairo_pdf_surface_create_for_stream(&Page::collect, &out, kWidth, kHeight)),
        cairo_(cairo_create(surface_.get())) {}

  cairo_t* cairo() { return cairo_.get(); }
  double y() const { return y_; }
  void skip(double points) { y_ += points; }
  void need(double points) {
    if (y_ + points > kHeight - kBottom) next();
  }
  void next() {
    footer();
    cairo_show_page(cairo());
    y_ = kTop;
    ++number_;
    if (preview) mark_preview();
  }

  Held<PangoLayout> layout(const std::string& text, const Style& style, double width) {
    Held<PangoLayout> made(pango_cairo_create_layout(cairo()));
    PangoFontDescription* font = pango_font_description_new();
    pango_font_description_set_family(font, style.family);
    pango_font_description_set_absolute_size(font, style.size * PANGO_SCALE);
    pango_font_description_set_weight(font, style.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(made.get(), font);
    pango_font_description_free(font);
    pango_layout_set_width(made.get(), static_cast<int>(width * PANGO_SCALE));
    pango_layout_set_wrap(made.get(), PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(made.get(), style.align);
    pango_layout_set_justify(made.get(), style.justify);
    pango_layout_set_indent(made.get(), static_cast<int>(style.indent * PANGO_SCALE));
    pango_layout_set_line_spacing(made.get(), static_cast<float>(style.line));
    PangoAttrList* attributes = pango_attr_list_new();
    pango_attr_list_insert(attributes, pango_attr_language_new(pango_language_from_string(style.language)));
    pango_layout_set_attributes(made.get(), attributes);
    pango_attr_list_unref(attributes);
    pango_layout_set_text(made.get(), text.data(), static_cast<int>(text.size()));
    return made;
  }

  // Line by line, so that long texts flow over pages.
  void text(const std::string& content, const Style& style) {
    auto made = layout(content, style, kText);
    PangoLayoutIter* iterator = pango_layout_get_iter(made.get());
    do {
      PangoRectangle logical;
      pango_layout_iter_get_line_extents(iterator, nullptr, &logical);
      const double height = style.size * style.line;
      need(height);
      const double baseline = y_ + height * 0.72;
      cairo_move_to(cairo(), kLeft + static_cast<double>(logical.x) / PANGO_SCALE, baseline);
      pango_cairo_show_layout_line(cairo(), pango_layout_iter_get_line_readonly(iterator));
      y_ += height;
    } while (pango_layout_iter_next_line(iterator));
    pango_layout_iter_free(iterator);
  }

  void at(double x, double y, const std::string& content, const Style& style, double width) {
    auto made = layout(content, style, width);
    cairo_move_to(cairo(), x, y);
    pango_cairo_show_layout(cairo(), made.get());
  }

  // Across the page and beneath what is written later, so that a print of a preview is never taken for the paper
  // itself.
  void mark_preview() {
    preview = true;
    cairo_save(cairo());
    cairo_translate(cairo(), kWidth / 2, kHeight / 2);
    cairo_rotate(cairo(), -M_PI / 5);
    cairo_set_source_rgb(cairo(), 0.88, 0.88, 0.88);
    at(-260, -50, "预览 PREVIEW", {kSans, 64, true, PANGO_ALIGN_CENTER, 1.2}, 520);
    cairo_restore(cairo());
  }

  bool finish() {
    footer();
    cairo_show_page(cairo());
    cairo_.reset();
    cairo_surface_finish(surface_.get());
    return cairo_surface_status(surface_.get()) == CAIRO_STATUS_SUCCESS;
  }
  cairo_surface_t* surface() { return surface_.get(); }
  std::string foot;
  bool preview = false;

 private:
  static cairo_status_t collect(void* user, const unsigned char* data, unsigned int length) {
    auto& out = *static_cast<Bytes*>(user);
    out.insert(out.end(), data, data + length);
    return CAIRO_STATUS_SUCCESS;
  }
  void footer() {
    cairo_set_source_rgb(cairo(), 0.4, 0.4, 0.4);
    at(kLeft, kHeight - 48, foot + "  ·  " + std::to_string(number_), {kSans, 8, false, PANGO_ALIGN_CENTER, 1.2},
       kText);
    cairo_set_source_rgb(cairo(), 0, 0, 0);
  }

  Held<cairo_surface_t> surface_;
  Held<cairo_t> cairo_;
  double y_ = kTop;
  int number_ = 1;
};

void draw_star(cairo_t* c, double x, double y, double radius) {
  for (int i = 0; i < 10; ++i) {
    const double r = i % 2 == 0 ? radius : radius * 0.382;
    const double angle = -M_PI / 2 + i * M_PI / 5;
    const double px = x + r * std::cos(angle), py = y + r * std::sin(angle);
    if (i == 0)
      cairo_move_to(c, px, py);
    else
      cairo_line_to(c, px, py);
  }
  cairo_close_path(c);
  cairo_fill(c);
}

// The round seal: a ring, the department's name on its arc, a star.
void draw_seal(Page& page, const std::string& name, double x, double y) {
  cairo_t* c = page.cairo();
  constexpr double radius = 60;
  cairo_save(c);
  cairo_set_source_rgba(c, kRed[0], kRed[1], kRed[2], 0.86);
  cairo_set_line_width(c, 3);
  // Text leaves a point behind, from which an arc would first draw a line.
  cairo_new_path(c);
  cairo_arc(c, x, y, radius, 0, 2 * M_PI);
  cairo_stroke(c);
  draw_star(c, x, y, 18);
  std::vector<std::string> letters;
  for (std::size_t i = 0; i < name.size();) {
    std::size_t n = 1;
    while (i + n < name.size() && (static_cast<unsigned char>(name[i + n]) & 0xc0) == 0x80) ++n;
    letters.push_back(name.substr(i, n));
    i += n;
  }
  const double spread = std::min(1.55 * M_PI, 0.30 * static_cast<double>(letters.size()));
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const double angle = letters.size() < 2
                             ? 0
                             : -spread / 2 + spread * static_cast<double>(i) / static_cast<double>(letters.size() - 1);
    cairo_save(c);
    cairo_translate(c, x, y);
    cairo_rotate(c, angle);
    auto made = page.layout(letters[i], {kSerif, 14, true, PANGO_ALIGN_CENTER, 1.0}, 20);
    cairo_move_to(c, -10, -radius + 5);
    pango_cairo_show_layout(c, made.get());
    cairo_restore(c);
  }
  cairo_restore(c);
}

void draw_qr(cairo_t* c, const QrCode& qr, double x, double y, double side) {
  const double module = side / qr.size;
  cairo_save(c);
  cairo_set_antialias(c, CAIRO_ANTIALIAS_NONE);
  for (int row = 0; row < qr.size; ++row)
    for (int column = 0; column < qr.size; ++column)
      if (qr.at(column, row)) cairo_rectangle(c, x + column * module, y + row * module, module, module);
  cairo_fill(c);
  cairo_restore(c);
}

void paragraphs(Page& page, const std::string& body, const Style& style, double gap, bool first_flush) {
  std::size_t begin = 0;
  bool first = true;
  while (begin <= body.size()) {
    const auto end = std::min(body.find("\n\n", begin), body.size());
    const auto paragraph = body.substr(begin, end - begin);
    Style own = style;
    if (first && first_flush) own.indent = 0;
    if (!paragraph.empty()) {
      page.text(paragraph, own);
      page.skip(gap);
    }
    first = false;
    begin = end + 2;
  }
}

}  // namespace

std::string fill(std::string text, const std::vector<std::pair<std::string, std::string>>& values) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    bool replaced = false;
    if (text[i] == '{')
      for (const auto& [name, value] : values) {
        if (text.compare(i, name.size() + 2, "{" + name + "}") != 0) continue;
        out += value;
        i += name.size() + 2;
        replaced = true;
        break;
      }
    if (!replaced) out += text[i++];
  }
  return out;
}

result<Bytes> render_pdf(const DecisionPaper& paper) {
  auto qr = make_qr(paper.check_url);
  if (!qr) return qr.error();
  Bytes out;
  Page page(out);
  cairo_pdf_surface_set_metadata(page.surface(), CAIRO_PDF_METADATA_TITLE,
                                 (paper.title_zh + " " + paper.number).c_str());
  cairo_pdf_surface_set_metadata(page.surface(), CAIRO_PDF_METADATA_AUTHOR, paper.department_zh.c_str());
  page.foot = paper.preview ? "预览 PREVIEW" : paper.number;
  if (paper.preview) page.mark_preview();
  cairo_t* c = page.cairo();

  cairo_set_source_rgb(c, kRed[0], kRed[1], kRed[2]);
  page.text(paper.department_zh, {kSerif, 26, true, PANGO_ALIGN_CENTER, 1.3});
  page.skip(6);
  cairo_set_line_width(c, 1.6);
  cairo_move_to(c, kLeft, page.y());
  cairo_line_to(c, kWidth - kRight, page.y());
  cairo_stroke(c);
  cairo_set_source_rgb(c, 0, 0, 0);
  page.skip(22);
  page.text(paper.title_zh, {kSerif, 20, true, PANGO_ALIGN_CENTER, 1.5});
  page.text(paper.number, {kSerif, 12, false, PANGO_ALIGN_CENTER, 1.8});
  page.skip(14);
  paragraphs(page, paper.body_zh, {kSerif, 14, false, PANGO_ALIGN_LEFT, 1.75, 28, true}, 2, true);
  if (!paper.valid_until.empty())
    page.text("本决定有效期至 " + paper.valid_until + "。", {kSerif, 14, false, PANGO_ALIGN_LEFT, 1.75, 28});

  // Department, date and seal stay together, with the way to check it beside them.
  page.need(190);
  page.skip(24);
  const double top = page.y();
  if (!paper.preview) {
    draw_qr(c, *qr, kLeft, top + 6, 84);
    page.at(kLeft, top + 96, "扫码核验 Scan to check", {kSans, 8, false, PANGO_ALIGN_LEFT, 1.3}, 200);
    page.at(kLeft, top + 108, paper.check_code, {kSans, 8, false, PANGO_ALIGN_LEFT, 1.3, 0, false, "en"}, 240);
  }
  page.at(kLeft, top + 34, paper.department_zh, {kSerif, 14, false, PANGO_ALIGN_RIGHT, 1.4}, kText);
  page.at(kLeft, top + 60, paper.issued_zh, {kSerif, 14, false, PANGO_ALIGN_RIGHT, 1.4}, kText);
  if (!paper.preview) draw_seal(page, paper.department_zh, kWidth - kRight - 84, top + 58);
  page.skip(140);

  page.need(120);
  cairo_set_source_rgb(c, 0.75, 0.75, 0.75);
  cairo_set_line_width(c, 0.6);
  cairo_move_to(c, kLeft, page.y());
  cairo_line_to(c, kWidth - kRight, page.y());
  cairo_stroke(c);
  cairo_set_source_rgb(c, 0.15, 0.15, 0.15);
  page.skip(12);
  page.text(paper.title_en, {kSans, 12, true, PANGO_ALIGN_LEFT, 1.5, 0, false, "en"});
  page.text(paper.department_en + "  ·  " + paper.number, {kSans, 9, false, PANGO_ALIGN_LEFT, 1.6, 0, false, "en"});
  page.skip(4);
  paragraphs(page, paper.body_en, {kSans, 9.5, false, PANGO_ALIGN_LEFT, 1.5, 0, false, "en"}, 4, true);
  page.text(paper.issued_en + (paper.valid_until.empty() ? "" : "  ·  Valid until " + paper.valid_until) +
                ". The Chinese text prevails.",
            {kSans, 9, false, PANGO_ALIGN_LEFT, 1.6, 0, false, "en"});
  if (!page.finish()) return Error{Fault::internal, "document.render", "the PDF cannot be made"};
  return out;
}

}  // namespace jindu::approval::documents
