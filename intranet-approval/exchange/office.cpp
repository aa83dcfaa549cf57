#include "intranet-approval/exchange/office.hpp"

#include <boost/json/parse.hpp>
#include <filesystem>

#include "common/runtime/ids.hpp"
#include "intranet-approval/store/releases.hpp"

namespace jindu::approval {

std::shared_ptr<const catalogue::Catalogue> Office::catalogue(storage::Transaction& t) {
  const auto serial = t.query_one("SELECT MAX(serial) FROM catalogue_release");
  if (!serial || serial->is_null(0)) return nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (catalogue_ && catalogue_->serial == static_cast<std::uint64_t>(serial->integer(0))) return catalogue_;
  }
  const auto release = store::latest_release(t);
  auto parsed = catalogue::parse_catalogue(text_of(release->catalogue));
  if (!parsed) throw ErrorException(parsed.error());
  auto made = std::make_shared<const catalogue::Catalogue>(std::move(*parsed));
  const std::lock_guard lock(mutex_);
  return catalogue_ = std::move(made);
}

std::shared_ptr<const catalogue::Item> Office::item(storage::Transaction& t, const std::string& id, int version) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = items_.find({id, version}); found != items_.end()) return found->second;
  }
  const auto body = store::find_item(t, id, version);
  if (!body) return nullptr;
  boost::system::error_code code;
  const auto json = boost::json::parse(text_of(body->body), code);
  auto parsed = code ? result<catalogue::Item>(Error{Fault::integrity, "catalogue.item", "a stored item is not JSON"})
                     : catalogue::parse_item(json);
  if (!parsed) throw ErrorException(parsed.error());
  auto made = std::make_shared<const catalogue::Item>(std::move(*parsed));
  const std::lock_guard lock(mutex_);
  return items_[{id, version}] = std::move(made);
}

std::string Office::upload_path(std::string_view declaration_id, std::string_view upload_id) const {
  return options.data_directory + "/materials/" + std::string(declaration_id) + "." + std::string(upload_id) +
         ".sealed";
}

std::string Office::scratch_path() const { return options.data_directory + "/scratch/" + new_uuid(now()); }

std::string Office::opened_path(std::string_view case_id, int material) const {
  return options.data_directory + "/opened/" + std::string(case_id) + "." + std::to_string(material);
}

void Office::forget_opened(std::chrono::minutes kept) const {
  namespace fs = std::filesystem;
  std::error_code code;
  const auto before = fs::file_time_type::clock::now() - kept;
  for (const auto& entry : fs::directory_iterator(options.data_directory + "/opened", code)) {
    const auto written = fs::last_write_time(entry.path(), code);
    if (!code && written <= before) fs::remove(entry.path(), code);
  }
}

Procedure procedure_of(const catalogue::Item& item) {
  Procedure procedure{
      item.id, item.version, item.department, {}, item.statutory_working_days, item.promised_working_days};
  for (const auto& stage : item.stages) procedure.stages.push_back({stage.code, stage.role, stage.limit_working_days});
  return procedure;
}

}  // namespace jindu::approval
