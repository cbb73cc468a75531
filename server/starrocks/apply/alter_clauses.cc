// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/alter_clauses.h"

#include <utility>

#include "common/text.h"
#include "server/starrocks/ddl/clauses.h"
#include "server/starrocks/ddl/limits.h"

namespace stateserver::apply {

bool ParseSet(schema::TokenStream* in, SetProperties* out) {
  if (!in->NeedSymbol("(")) return false;
  do {
    if (!in->MayAdd(out->properties.size(), schema::kMostProperties, "properties in a list")) {
      return false;
    }
    auto& [key, value] = out->properties.emplace_back();
    if (!in->Text("a property's name in quotes", &key) || !in->NeedSymbol("=") ||
        !in->Text("a property's value in quotes", &value)) {
      return false;
    }
  } while (in->ConsumeSymbol(","));
  return in->NeedSymbol(")");
}

namespace {

class ClauseParser {
 public:
  ClauseParser(schema::TokenStream* in, std::vector<Clause>* out, Verdict* verdict)
      : in_(*in), out_(*out), verdict_(*verdict) {}

  bool All() {
    do {
      if (!in_.MayAdd(out_.size(), schema::kMostColumns, "clauses")) return false;
      // ADD ROLLUP is a statement of its own in the engine's grammar.
      bool rollup = in_.IsWord("ADD") && in_.IsWord("ROLLUP", 1);
      if (rollup && !out_.empty() && !std::holds_alternative<AddRollups>(out_.front())) {
        return Refuse("No viable statement for input 'ADD ROLLUP'");
      }
      if (!One()) return false;
    } while (in_.ConsumeSymbol(","));
    return true;
  }

 private:
  bool Refuse(std::string_view detail, std::string_view evidence = kMeasured40) {
    verdict_ = RefusedBySyntax(detail, evidence);
    return false;
  }

  template <typename Kind>
  Kind& Add() {
    return std::get<Kind>(out_.emplace_back(Kind{}));
  }

  bool One() {
    if (in_.ConsumeWord("ADD")) return AddAny();
    if (in_.ConsumeWord("DROP")) return DropAny();
    if (in_.ConsumeWord("MODIFY")) return ModifyAny();
    if (in_.ConsumeWord("RENAME")) return Rename();
    if (in_.ConsumeWords({"SWAP", "WITH"})) return Name(&Add<SwapTable>().other);
    if (in_.ConsumeWord("COMMENT")) {
      in_.ConsumeSymbol("=");
      return in_.Text("the comment in quotes", &Add<CommentTable>().comment);
    }
    if (in_.ConsumeWord("SET")) return ParseSet(&in_, &Add<SetProperties>());
    if (in_.ConsumeWords({"ORDER", "BY"})) {
      return in_.Names("a column's name", &Add<OrderBy>().columns);
    }
    if (in_.ConsumeWords({"TRUNCATE", "PARTITION"})) {
      return NameList(&Add<TruncatePartitions>().names);
    }
    return Rewrite();
  }

  bool Name(std::string* out) { return in_.Name("a name", out); }
  bool NameOrText(std::string* out) {
    if (in_.Peek().kind != schema::Token::Kind::kText) return Name(out);
    *out = in_.Consume().value;
    return true;
  }
  bool NameList(std::vector<std::string>* out) {
    return in_.IsSymbol("(") ? in_.Names("a name", out) : NameOrText(&out->emplace_back());
  }

  bool Position(std::optional<Place>* out) {
    if (in_.ConsumeWord("FIRST")) {
      out->emplace().first = true;
    } else if (in_.ConsumeWord("AFTER")) {
      return Name(&out->emplace().after);
    }
    return true;
  }

  bool AddAny() {
    if (in_.ConsumeWord("COLUMN")) return AddColumn();
    if (in_.ConsumeWord("INDEX")) return schema::ParseIndex(&in_, &Add<AddIndex>().index);
    if (in_.ConsumeWord("ROLLUP")) return AddRollup();
    if (in_.IsWord("PARTITION") && !in_.IsWord("COLUMN", 1)) {
      in_.Consume();
      return AddOnePartition(in_.ConsumeWord("START"));
    }
    if (in_.ConsumeWords({"PARTITIONS", "START"})) return AddOnePartition(true);
    return in_.Fail("COLUMN, INDEX, ROLLUP or PARTITION");
  }

  // The expression of a generated column takes the words behind it, up to COMMENT.
  static bool HasPlace(const schema::Column& column) {
    if (!column.generated) return false;
    std::string upper = Upper(*column.generated);
    return upper.find(" AFTER ") != upper.npos || upper.ends_with(" FIRST");
  }

  bool Column(std::string_view verb, schema::Column* out) {
    if (!schema::ParseColumn(&in_, out)) return false;
    if (out->generated && out->nullable == false) {
      return Refuse("Generated Column must be nullable column");
    }
    if (out->generated && out->key) {
      return Refuse(Cat("Generated Column ", out->name, " can not be KEY"));
    }
    if (!HasPlace(*out)) return true;
    return verb == "ADD"
               ? Refuse("AFTER can not be set when ADD GENERATED COLUMN")
               : Refuse("columnPosition can not be set when MODIFY GENERATED COLUMN", kMeasured402);
  }

  bool AddColumn() {
    auto& add = Add<AddColumns>();
    if (in_.ConsumeSymbol("(")) {
      do {
        if (!in_.MayAdd(add.columns.size(), schema::kMostColumns, "columns")) return false;
        if (!Column("ADD", &add.columns.emplace_back())) return false;
      } while (in_.ConsumeSymbol(","));
      if (!in_.NeedSymbol(")")) return false;
    } else if (!Column("ADD", &add.columns.emplace_back()) || !Position(&add.place)) {
      return false;
    }
    return (!in_.ConsumeWord("TO") && !in_.ConsumeWord("IN")) || Name(&add.rollup);
  }

  bool AddRollup() {
    auto& add = Add<AddRollups>();
    do {
      if (!in_.MayAdd(add.rollups.size(), schema::kMostIndexes, "rollups")) return false;
      if (!schema::ParseRollup(&in_, &add.rollups.emplace_back())) return false;
    } while (in_.IsSymbol(",") && !in_.IsWord("ADD", 1) && in_.ConsumeSymbol(","));
    return true;
  }

  bool AddOnePartition(bool batch) {
    auto& add = Add<AddPartition>();
    add.if_not_exists = in_.IsWord("IF");
    if (batch) return schema::ParsePartitionBatch(&in_, &add.partition);
    return schema::ParsePartition(&in_, &add.partition);
  }

  bool DropAny() {
    if (in_.ConsumeWord("COLUMN")) {
      auto& drop = Add<DropColumn>();
      return Name(&drop.name) && (!in_.ConsumeWord("FROM") || Name(&drop.rollup));
    }
    if (in_.ConsumeWord("INDEX")) return Name(&Add<DropIndex>().name);
    if (in_.ConsumeWord("ROLLUP")) {
      auto& drop = Add<DropRollups>();
      do {
        if (!Name(&drop.names.emplace_back())) return false;
      } while (in_.IsSymbol(",") && !in_.IsWord("DROP", 1) && in_.ConsumeSymbol(","));
      return true;
    }
    bool several = in_.ConsumeWord("PARTITIONS");
    if (!several && !in_.ConsumeWord("PARTITION")) {
      return in_.Fail("COLUMN, INDEX, ROLLUP or PARTITION");
    }
    auto& drop = Add<DropPartitions>();
    drop.if_exists = in_.ConsumeWords({"IF", "EXISTS"});
    if (!(several ? in_.Names("a name", &drop.names) : NameOrText(&drop.names.emplace_back()))) {
      return false;
    }
    in_.ConsumeWord("FORCE");
    return true;
  }

  bool ModifyAny() {
    if (in_.ConsumeWord("PARTITION")) {
      auto& modify = Add<ModifyPartitions>();
      if (in_.IsSymbol("(") && in_.IsSymbol("*", 1)) {
        in_.Consume(), in_.Consume();
        modify.names = {"*"};
        if (!in_.NeedSymbol(")")) return false;
      } else if (!NameList(&modify.names)) {
        return false;
      }
      return in_.NeedWord("SET") && ParseSet(&in_, &modify.properties);
    }
    if (!in_.NeedWord("COLUMN")) return false;
    if (in_.IsWord("COMMENT", 1)) {
      auto& comment = Add<CommentColumn>();
      return Name(&comment.name) && in_.ConsumeWord("COMMENT") &&
             in_.Text("the comment in quotes", &comment.comment);
    }
    if ((in_.IsWord("ADD", 1) || in_.IsWord("DROP", 1)) && in_.IsWord("FIELD", 2)) return Field();
    auto& modify = Add<ModifyColumn>();
    return Column("MODIFY", &modify.column) && Position(&modify.place);
  }

  bool Field() {
    auto& field = Add<ChangeField>();
    if (!Name(&field.column)) return false;
    bool add = in_.IsWord("ADD");
    in_.Consume(), in_.Consume();
    do {
      if (!in_.MayAdd(field.path.size(), schema::kMostColumns, "parts of a path")) return false;
      std::string& part = field.path.emplace_back();
      if (in_.IsSymbol("[") && in_.IsSymbol("*", 1) && in_.IsSymbol("]", 2)) {
        in_.Consume(), in_.Consume(), in_.Consume();
        part = "[*]";
      } else if (in_.Peek().IsName()) {  // reserved words need no backticks here
        part = in_.Consume().value;
      } else {
        return in_.Fail("a field's name");
      }
    } while (in_.ConsumeSymbol("."));
    if (!add) return true;
    if (!schema::ParseType(&in_, &field.type.emplace())) return false;
    if (in_.ConsumeWord("COMMENT") && !in_.Text("the comment in quotes", &field.comment)) {
      return false;
    }
    return Position(&field.place);
  }

  bool Rename() {
    if (in_.ConsumeWord("COLUMN")) {
      auto& rename = Add<RenameColumn>();
      return Name(&rename.old_name) && in_.NeedWord("TO") && Name(&rename.new_name);
    }
    if (in_.ConsumeWord("PARTITION")) {
      auto& rename = Add<RenamePartition>();
      return Name(&rename.old_name) && Name(&rename.new_name);
    }
    if (in_.ConsumeWord("ROLLUP")) {
      auto& rename = Add<RenameRollup>();
      return Name(&rename.old_name) && Name(&rename.new_name);
    }
    return Name(&Add<RenameTable>().new_name);
  }

  bool Rewrite() {
    auto& rewrite = Add<Redistribute>();
    if (in_.IsWord("PRIMARY") || in_.IsWord("UNIQUE") || in_.IsWord("DUPLICATE") ||
        in_.IsWord("AGGREGATE")) {
      in_.Consume();
      rewrite.key = true;
      std::vector<std::string> names;
      return in_.NeedWord("KEY") && in_.Names("a column's name", &names);
    }
    if (in_.ConsumeWords({"PARTITION", "BY"})) {
      rewrite.listed_partitioning = in_.IsWord("RANGE") || in_.IsWord("LIST");
      rewrite.other_partitioning = !rewrite.listed_partitioning;
      std::string rest;
      return in_.Rest("columns", &rest);
    }
    if (!in_.ConsumeWords({"DISTRIBUTED", "BY"})) {
      return in_.Fail("a clause of ALTER TABLE");
    }
    schema::Distribution& distribution = rewrite.distribution.emplace();
    distribution.random = in_.ConsumeWord("RANDOM");
    if (!distribution.random &&
        (!in_.NeedWord("HASH") || !in_.Names("a column's name", &distribution.columns))) {
      return false;
    }
    rewrite.default_buckets = in_.ConsumeWord("DEFAULT");
    if (!in_.ConsumeWord("BUCKETS")) return true;
    int buckets = 0;
    if (!in_.Integer("the number of buckets", &buckets)) return false;
    if (buckets > 0) distribution.buckets = buckets;
    return true;
  }

  schema::TokenStream& in_;
  std::vector<Clause>& out_;
  Verdict& verdict_;
};

}  // namespace

bool ParseAlterClauses(schema::TokenStream* in, std::vector<Clause>* out, Verdict* verdict) {
  return ClauseParser(in, out, verdict).All();
}

}  // namespace stateserver::apply
