// SPDX-License-Identifier: Apache-2.0

#include "client/cli/session.h"

namespace stateserver::client {

absl::StatusOr<Client*> Session::client() {
  if (client_ == nullptr) {
    ASSIGN_OR_RETURN(client_, Client::Make(settings_));
    guard_ = std::make_unique<Interrupts::Guard>(interrupts_,
                                                 [client = client_.get()] { client->Interrupt(); });
    client_->OnQuestion([this] { interrupts_.Deliver(); });
  }
  return client_.get();
}

}  // namespace stateserver::client
