#include "common/tools/journey/proof.hpp"

#include <sys/wait.h>

#include <array>
#include <cstdio>

namespace jindu::journey {
namespace {

namespace fs = std::filesystem;

struct Said {
  int code = -1;
  std::string text;
};

// For the shell; paths may hold anything.
std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

Said run(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words) line += quoted(word) + " ";
  Said said;
  FILE* pipe = ::popen((line + "2>&1 < /dev/null").c_str(), "r");
  if (!pipe) return said;
  std::array<char, 4096> buffer;
  while (const auto count = std::fread(buffer.data(), 1, buffer.size(), pipe)) said.text.append(buffer.data(), count);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) said.code = WEXITSTATUS(status);
  return said;
}

// jindu-verify lies beside this program.
std::string verifier() {
  std::error_code code;
  const auto self = fs::read_symlink("/proc/self/exe", code);
  return (self.parent_path() / "jindu-verify").string();
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

class Proof {
 public:
  Proof(const Held& held, const std::function<void(const std::string&, const std::string&)>& say)
      : held_(held), say_(say) {}

  result<void> run_all() const {
    if (auto ok = dossier(); !ok) return ok;
    if (auto ok = receipt(); !ok) return ok;
    if (auto ok = statement_by_openssl(); !ok) return ok;
    return held_.decided ? decision() : result<void>{};
  }

 private:
  static Error failed(const std::string& what, const Said& said) {
    return {Fault::integrity, "journey.proof", what + " (exit " + std::to_string(said.code) + "): " + said.text};
  }
  std::string file(const std::string& name) const { return (held_.folder / name).string(); }
  std::string pki(const char* name) const { return (held_.pki / name).string(); }

  std::vector<std::string> verify(const char* what, const std::string& file_name) const {
    return {
        verifier(), what,           file(file_name), "--root", pki("root.pem"), "--intermediate", pki("issuing.pem"),
        "--crl",    pki("crl.pem"), "--language",    "en"};
  }
  void add_parts(std::vector<std::string>& words) const {
    for (const auto& part : held_.parts) {
      words.push_back("--part");
      words.push_back(file(part));
    }
  }
  result<void> demand(const std::string& what, const std::vector<std::string>& words) const {
    const auto said = run(words);
    if (said.code != 0) return failed(what, said);
    say_(what, first_line(said.text));
    return {};
  }

  result<void> dossier() const {
    auto words = verify("dossier", held_.prefix + "statement.jdd");
    words.insert(words.begin() + 3, file(held_.prefix + "content.jds"));
    add_parts(words);
    words.insert(words.end(), {"--into", file("opened")});
    if (!held_.applicant_p12.empty())
      words.insert(words.end(),
                   {"--key", (held_.pki / held_.applicant_p12).string(), "--passphrase-file", pki("passphrase")});
    return demand("jindu-verify dossier: offline, without us", words);
  }
  result<void> receipt() const {
    auto words = verify("receipt", "submission-receipt.jds");
    words.insert(words.end(), {"--statement", file(held_.prefix + "statement.jdd"), "--content",
                               file(held_.prefix + "content.jds")});
    add_parts(words);
    return demand("jindu-verify receipt: the portal received exactly these bytes", words);
  }
  result<void> statement_by_openssl() const {
    return demand(
        "openssl cms -verify: the applicant's signature",
        {"openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", file("opened/statement.cms"),
         "-content", file("opened/statement.bin"), "-CAfile", pki("root.pem"), "-purpose", "any", "-out", "/dev/null"});
  }
  result<void> decision() const {
    auto words = verify("decision", "decision.pdf");
    words.insert(words.end(), {"--record", file("check.json")});
    if (auto ok = demand("jindu-verify decision: signed, whole, and the one on record", words); !ok) return ok;
    const auto said = run({"pdfsig", file("decision.pdf")});
    if (said.code == 127) {
      say_("pdfsig is not installed here (package poppler-utils)", "");
      return {};
    }
    const bool valid = said.text.find("Signature is Valid") != std::string::npos;
    const bool whole = said.text.find("Total document signed") != std::string::npos;
    if (!valid || !whole) return failed("pdfsig", said);
    say_("pdfsig: the decision's signature", "Signature is Valid, Total document signed");
    return {};
  }

  const Held& held_;
  const std::function<void(const std::string&, const std::string&)>& say_;
};

}  // namespace

result<void> prove(const Held& held, const std::function<void(const std::string&, const std::string&)>& say) {
  return Proof(held, say).run_all();
}

}  // namespace jindu::journey
