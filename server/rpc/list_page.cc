// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/list_page.h"

#include <string>
#include <string_view>

#include "common/text.h"
#include "common/utf8.h"
#include "google/protobuf/descriptor.h"

namespace stateserver::rpc {

namespace {

using google::protobuf::FieldDescriptor;

constexpr size_t kKeptBytes = 1024;

std::string CutText(std::string_view text) {
  std::string_view begin = TruncateUtf8(text, kKeptBytes);
  return Cat(begin, "… (", text.size() - begin.size(), " bytes cut)");
}

void CutField(const FieldDescriptor* field, google::protobuf::Message* message) {
  const auto& reflection = *message->GetReflection();
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    if (!field->is_repeated()) return CutTexts(reflection.MutableMessage(message, field));
    for (int i = 0; i < reflection.FieldSize(*message, field); ++i) {
      CutTexts(reflection.MutableRepeatedMessage(message, field, i));
    }
    return;
  }
  if (field->type() != FieldDescriptor::TYPE_STRING || field->is_repeated()) return;
  std::string unused;
  const std::string& text = reflection.GetStringReference(*message, field, &unused);
  if (text.size() <= kEntryTextBytes) return;
  reflection.SetString(message, field, CutText(text));
}

}  // namespace

void CutTexts(google::protobuf::Message* message) {
  if (message->ByteSizeLong() <= kEntryTextBytes) return;
  std::vector<const FieldDescriptor*> fields;
  message->GetReflection()->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) CutField(field, message);
}

}  // namespace stateserver::rpc
