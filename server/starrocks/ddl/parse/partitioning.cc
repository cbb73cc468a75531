// SPDX-License-Identifier: Apache-2.0
//
// PARTITION BY in all its forms.
#include "server/starrocks/ddl/limits.h"
#include "server/starrocks/ddl/parse/clauses.h"

namespace stateserver::schema {
namespace {

bool Value(TokenStream* in, PartitionValue* out) {
  if (in->TakeWord("MAXVALUE")) {
    out->kind = PartitionValue::Kind::kMaximum;
    return true;
  }
  if (in->TakeWord("NULL")) {
    out->kind = PartitionValue::Kind::kNull;
    return true;
  }
  std::string sign = in->TakeSymbol("-") ? "-" : "";
  if (in->Peek().kind == Token::Kind::kNumber) {
    out->text = sign + in->Take().value;
    return true;
  }
  return in->Text("a value in quotes, MAXVALUE or NULL", &out->text);
}

bool Tuple(TokenStream* in, PartitionTuple* out) {
  if (!in->NeedSymbol("(")) return false;
  do {
    if (!in->MayAdd(out->size(), kMostColumns, "values in a bound")) return false;
    if (!Value(in, &out->emplace_back())) return false;
  } while (in->TakeSymbol(","));
  return in->NeedSymbol(")");
}

bool Members(TokenStream* in, std::vector<PartitionTuple>* out) {
  if (!in->NeedSymbol("(")) return false;
  do {
    if (!in->MayAdd(out->size(), kMostPartitions, "values in a partition")) return false;
    PartitionTuple& member = out->emplace_back();
    bool parsed = in->IsSymbol("(") ? Tuple(in, &member) : Value(in, &member.emplace_back());
    if (!parsed) return false;
  } while (in->TakeSymbol(","));
  return in->NeedSymbol(")");
}

bool LessThan(TokenStream* in, Partition* out) {
  out->kind = Partition::Kind::kLessThan;
  if (!in->TakeWord("MAXVALUE")) return Tuple(in, &out->upper);
  out->upper.push_back({PartitionValue::Kind::kMaximum, ""});
  return true;
}

bool Fixed(TokenStream* in, Partition* out) {
  out->kind = Partition::Kind::kFixed;
  return in->NeedSymbol("[") && Tuple(in, &out->lower) && in->NeedSymbol(",") &&
         Tuple(in, &out->upper) && in->NeedSymbol(")");
}

bool Named(TokenStream* in, Partition* out) {
  in->TakeWords({"IF", "NOT", "EXISTS"});
  if (!in->Name("a partition's name", &out->name) || !in->NeedWord("VALUES")) return false;
  bool parsed = false;
  if (in->TakeWords({"LESS", "THAN"})) {
    parsed = LessThan(in, out);
  } else if (in->TakeWord("IN")) {
    out->kind = Partition::Kind::kIn;
    parsed = Members(in, &out->members);
  } else if (in->IsSymbol("[")) {
    parsed = Fixed(in, out);
  } else {
    return in->Fail("LESS THAN, IN or [");
  }
  // Properties of one partition stand in brackets without a word.
  return parsed && (!in->IsSymbol("(") || ParseProperties(in, &out->properties));
}

bool Batch(TokenStream* in, Partition* out) {
  out->kind = Partition::Kind::kBatch;
  return Tuple(in, &out->lower) && in->NeedWord("END") && Tuple(in, &out->upper) &&
         in->NeedWord("EVERY") && in->NeedSymbol("(") &&
         in->Expression("INTERVAL and a unit, or a number", {}, &out->step) && in->NeedSymbol(")");
}

bool Partitions(TokenStream* in, std::vector<Partition>* out) {
  if (!in->NeedSymbol("(")) return false;
  if (in->TakeSymbol(")")) return true;
  do {
    if (!in->MayAdd(out->size(), kMostPartitions, "partitions")) return false;
    Partition& partition = out->emplace_back();
    if (in->TakeWord("PARTITION")) {
      if (!Named(in, &partition)) return false;
    } else if (in->TakeWord("START")) {
      if (!Batch(in, &partition)) return false;
    } else {
      return in->Fail("PARTITION, START or `)`");
    }
  } while (in->TakeSymbol(","));
  return in->NeedSymbol(")");
}

bool Terms(TokenStream* in, bool bracketed, std::vector<std::string>* out) {
  if (bracketed && !in->NeedSymbol("(")) return false;
  do {
    if (!in->MayAdd(out->size(), kMostColumns, "columns or calls")) return false;
    if (!in->NameOrCall("a column or a call", &out->emplace_back())) return false;
  } while (in->TakeSymbol(","));
  return !bracketed || in->NeedSymbol(")");
}

bool ListsPartitions(const TokenStream& in) {
  return in.IsSymbol("(") &&
         (in.IsWord("PARTITION", 1) || in.IsWord("START", 1) || in.IsSymbol(")", 1));
}

}  // namespace

bool ParsePartitioning(TokenStream* in, Partitioning* out) {
  bool range = in->IsWord("RANGE") && in->IsSymbol("(", 1);
  bool list = in->IsWord("LIST") && in->IsSymbol("(", 1);
  if (range || list) {
    in->Take();
    out->kind = range ? Partitioning::Kind::kRange : Partitioning::Kind::kList;
    return Terms(in, true, &out->terms) && Partitions(in, &out->partitions);
  }
  out->kind = Partitioning::Kind::kExpression;
  if (!Terms(in, in->IsSymbol("("), &out->terms)) return false;
  return !ListsPartitions(*in) || Partitions(in, &out->partitions);
}

}  // namespace stateserver::schema
