// What may leave the isolated network is on a list, field by field (proto/leaves-intranet.txt): a field that nobody has
// put there, or said to stay inside, fails here.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <jindu/v1/bundle.pb.h>
#include <jindu/v1/dossier.pb.h>
#include <jindu/v1/epoch.pb.h>
#include <jindu/v1/event.pb.h>
#include <jindu/v1/payload.pb.h>
#include <jindu/v1/receipt.pb.h>
#include <jindu/v1/reconciliation.pb.h>
#include <jindu/v1/seal.pb.h>
#include <jindu/v1/signed.pb.h>
#include <jindu/v1/voyage.pb.h>

#include <catch2/catch.hpp>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace {

namespace pb = google::protobuf;
namespace fs = std::filesystem;
const fs::path kProto = fs::path(JINDU_SOURCE_DIR) / "proto";

struct Listed {
  std::map<std::string, std::string> kinds;             // of the policy, and their messages
  std::map<std::string, std::set<std::string>> leaves;  // "3 repeated bytes path" of each message
  std::set<std::string> stays;                          // "CaseEvent", "Receipt.detail"
};

Listed listed() {
  Listed list;
  std::ifstream in(kProto / "leaves-intranet.txt");
  std::string line, message;
  while (std::getline(in, line)) {
    line.erase(std::min(line.find('#'), line.size()));
    line.erase(line.find_last_not_of(' ') + 1);
    std::istringstream words(line);
    std::string what, first, second;
    words >> what >> first >> second;
    if (what.empty()) continue;
    if (line.starts_with("  "))
      REQUIRE(list.leaves.at(message).insert(line.substr(2)).second);
    else if (what == "kind")
      REQUIRE(list.kinds.emplace(first, second).second);
    else if (what == "leaves")
      REQUIRE(list.leaves.try_emplace(message = first).second);
    else if (what == "stays")
      REQUIRE(list.stays.insert(first).second);
    else
      FAIL("the list says " << line);
  }
  return list;
}

std::string type_of(const pb::FieldDescriptor& field) {
  const std::string label = field.is_repeated() ? "repeated " : field.has_optional_keyword() ? "optional " : "";
  if (field.message_type() != nullptr) return label + field.message_type()->name();
  return label + (field.enum_type() != nullptr ? field.enum_type()->name() : field.type_name());
}

// What is wrong with one message and those within it.
void look_at(const pb::Descriptor& message, const Listed& list, std::set<std::string>& wrong) {
  const auto& name = message.name();
  const auto found = list.leaves.find(name);
  const bool leaves = found != list.leaves.end(), stays = list.stays.contains(name);
  if (leaves == stays) wrong.insert(name + (leaves ? " leaves and stays" : " is not on the list"));
  if (leaves) {
    auto left = found->second;
    for (int i = 0; i < message.field_count(); ++i) {
      const auto& field = *message.field(i);
      const auto full = name + "." + field.name();
      const auto text = std::to_string(field.number()) + " " + type_of(field) + " " + field.name();
      if (left.erase(text) == 0 && !list.stays.contains(full)) wrong.insert(full + " is not on the list");
      if (field.message_type() != nullptr && !list.leaves.contains(field.message_type()->name()))
        wrong.insert(full + " has what does not leave");
    }
    for (const auto& text : left) wrong.insert(name + " has no field \"" + text + "\"");
  }
  for (int i = 0; i < message.nested_type_count(); ++i) look_at(*message.nested_type(i), list, wrong);
}

// All files of proto/, in an order in which each comes after those that it needs.
std::vector<pb::FileDescriptorProto> files_of_messages() {
  // One of each file, so that all are linked.
  for (const auto* one :
       {jindu::v1::BundleManifest::descriptor(), jindu::v1::SignedStatement::descriptor(),
        jindu::v1::Epoch::descriptor(), jindu::v1::CaseEvent::descriptor(), jindu::v1::StatusUpdate::descriptor(),
        jindu::v1::Receipt::descriptor(), jindu::v1::Reconciliation::descriptor(), jindu::v1::SealHeader::descriptor(),
        jindu::v1::Signed::descriptor(), jindu::v1::Voyage::descriptor()})
    REQUIRE(one != nullptr);
  std::vector<pb::FileDescriptorProto> files;
  std::set<std::string> taken;
  const std::function<void(const pb::FileDescriptor&)> take = [&](const pb::FileDescriptor& file) {
    if (!taken.insert(file.name()).second) return;
    for (int i = 0; i < file.dependency_count(); ++i) take(*file.dependency(i));
    file.CopyTo(&files.emplace_back());
  };
  for (const auto& entry : fs::recursive_directory_iterator(kProto))
    if (entry.path().extension() == ".proto") {
      const auto name = fs::relative(entry.path(), kProto).string();
      INFO(name << " is not linked into this test");
      const auto* file = pb::DescriptorPool::generated_pool()->FindFileByName(name);
      REQUIRE(file != nullptr);
      take(*file);
    }
  return files;
}

std::set<std::string> wrong_with(const std::vector<pb::FileDescriptorProto>& files, const Listed& list) {
  std::set<std::string> wrong, known;
  pb::DescriptorPool pool;
  for (const auto& one : files) {
    const auto* file = pool.BuildFile(one);
    REQUIRE(file != nullptr);
    for (int i = 0; i < file->message_type_count(); ++i) {
      known.insert(file->message_type(i)->name());
      look_at(*file->message_type(i), list, wrong);
    }
  }
  for (const auto& [kind, message] : list.kinds)
    if (!list.leaves.contains(message)) wrong.insert(kind + " has what does not leave");
  for (const auto& [message, fields] : list.leaves)
    if (!known.contains(message)) wrong.insert(message + " is no message");
  for (const auto& one : list.stays)
    if (!known.contains(one.substr(0, one.find('.')))) wrong.insert(one + " is no message");
  return wrong;
}

}  // namespace

TEST_CASE("every field of what may leave the isolated network is on the list, and every other message said to stay") {
  const auto list = listed();
  CHECK(wrong_with(files_of_messages(), list) == std::set<std::string>{});
  CHECK(list.leaves.contains("BundleManifest"));
  CHECK(list.kinds.size() == 5);
}

TEST_CASE("a field that is added to what may leave is noticed, in each message of the list") {
  const auto list = listed();
  const auto files = files_of_messages();
  std::size_t tried = 0;
  for (std::size_t f = 0; f < files.size(); ++f)
    for (int m = 0; m < files[f].message_type_size(); ++m) {
      auto changed = files;
      auto& message = *changed[f].mutable_message_type(m);
      const auto name = message.name();
      auto& field = *message.add_field();
      field.set_name("added");
      field.set_number(1000);
      field.set_label(pb::FieldDescriptorProto::LABEL_OPTIONAL);
      field.set_type(pb::FieldDescriptorProto::TYPE_STRING);
      INFO(name);
      if (!list.leaves.contains(name)) {
        CHECK(wrong_with(changed, list).empty());
        continue;
      }
      ++tried;
      CHECK(wrong_with(changed, list) == std::set{name + ".added is not on the list"});
      auto longer = list;
      longer.leaves.at(name).insert("1000 string added");
      CHECK(wrong_with(changed, longer).empty());
      longer = list;
      longer.stays.insert(name + ".added");
      CHECK(wrong_with(changed, longer).empty());
    }
  CHECK(tried == list.leaves.size());
}

TEST_CASE("so are a field of another type, one that is gone, a new message, and what comes along within one") {
  const auto list = listed();
  const auto files = files_of_messages();
  const auto change = [&](const std::string& of, const std::function<void(pb::DescriptorProto&)>& how) {
    auto changed = files;
    for (auto& file : changed)
      for (auto& message : *file.mutable_message_type())
        if (message.name() == of) how(message);
    return wrong_with(changed, list);
  };
  CHECK(
      change("StatusUpdate", [](auto& m) { m.mutable_field(2)->set_type(pb::FieldDescriptorProto::TYPE_BYTES); }) ==
      std::set<std::string>{"StatusUpdate has no field \"3 string status\"", "StatusUpdate.status is not on the list"});
  CHECK(change("BundleManifest", [](auto& m) { m.mutable_field()->RemoveLast(); }) ==
        std::set<std::string>{"BundleManifest has no field \"18 bytes signer_key_id\""});
  CHECK(change("DossierContent", [](auto& m) { m.set_name("DossierText"); }) ==
        std::set<std::string>{"DossierContent is no message", "DossierText is not on the list"});
  CHECK(change("StatusUpdate", [](auto& m) { m.add_nested_type()->set_name("Inner"); }) ==
        std::set<std::string>{"Inner is not on the list"});
  auto within = list;
  within.leaves.erase("NoticeFinding");
  within.stays.insert("NoticeFinding");
  CHECK(wrong_with(files, within) == std::set<std::string>{"NoticeContent.findings has what does not leave"});
}
