// SPDX-License-Identifier: Apache-2.0
//
// Lists that come page by page.
#pragma once

#include "absl/status/statusor.h"
#include "common/error.h"

namespace stateserver::client {

// Calls `list` with `request` until a page has no next one; answers all of them as one.
template <typename Response, typename Request, typename List>
absl::StatusOr<Response> AllPages(Request request, const List& list) {
  Response all;
  do {
    ASSIGN_OR_RETURN(Response page, list(request));
    request.set_page_token(page.next_page_token());
    all.MergeFrom(page);
  } while (!request.page_token().empty());
  all.clear_next_page_token();
  return all;
}

}  // namespace stateserver::client
