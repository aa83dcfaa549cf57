#include "extranet-portal/api/published_catalogue.hpp"

#include "extranet-portal/store/published.hpp"

namespace jindu::portal::api {

std::shared_ptr<const CatalogueView> PublishedCatalogue::newest(storage::Transaction& tx) {
  const auto serial = store::latest_serial(tx);
  const std::lock_guard lock(mutex_);
  if (view_->serial == serial) return view_;
  const auto release = store::latest_release(tx);
  auto view = catalogue_view(release->catalogue, release->published);
  // What is stored was checked when it came; that it can no longer be read would be our own mistake.
  if (!view) throw ErrorException{Error{Fault::internal, "catalogue.unreadable", view.error().detail}};
  view_ = std::make_shared<const CatalogueView>(std::move(*view));
  return view_;
}

}  // namespace jindu::portal::api
