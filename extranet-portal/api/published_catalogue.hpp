#pragma once
// The newest release, read once and kept, with the answers about it ready to send.
#include <map>
#include <memory>
#include <mutex>

#include "common/storage/database.hpp"
#include "extranet-portal/domain/catalogue_view.hpp"

namespace jindu::portal::api {

class PublishedCatalogue {
 public:
  // The newest release at this moment; before the first one, an empty catalogue with serial 0.
  std::shared_ptr<const CatalogueView> newest(storage::Transaction& tx);

 private:
  std::mutex mutex_;
  std::shared_ptr<const CatalogueView> view_ = std::make_shared<const CatalogueView>();
};

}  // namespace jindu::portal::api
