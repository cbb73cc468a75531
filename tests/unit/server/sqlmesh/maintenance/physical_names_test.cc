// SPDX-License-Identifier: Apache-2.0
//
// Names of physical tables; the expectations are what SQLMesh 0.236.4 gives.
#include "server/sqlmesh/maintenance/physical_names.h"

#include <gtest/gtest.h>

namespace stateserver::maintenance {
namespace {

std::string NameOf(const TableNaming& naming, bool is_dev = false) {
  auto md5 = [](const std::string& text) -> absl::StatusOr<std::string> {
    return "<" + text + ">";
  };
  auto name = PhysicalTableName(naming, "42", is_dev, md5);
  return name.ok() ? *name : std::string(name.status().ToString());
}

TableNaming Naming(std::string_view name) {
  TableNaming naming;
  naming.name = name;
  naming.physical_schema = "sqlmesh__shop";
  return naming;
}

TEST(PhysicalNamesTest, SchemaAndTable) {
  EXPECT_EQ(NameOf(Naming(R"("wh"."shop"."orders")")), "wh.sqlmesh__shop.shop__orders__42");
  EXPECT_EQ(NameOf(Naming(R"("wh"."shop"."orders")"), true),
            "wh.sqlmesh__shop.shop__orders__42__dev");
  EXPECT_EQ(NameOf(Naming(R"("shop"."orders")")), "sqlmesh__shop.shop__orders__42");
  EXPECT_EQ(NameOf(Naming(R"("orders")")), "sqlmesh__shop.orders__42");
}

TEST(PhysicalNamesTest, CharactersThatNoTableMayHave) {
  EXPECT_EQ(NameOf(Naming("\"my-wh\".\"shop\".\"bestell \xC3\xBC.x\"")),
            "\"my-wh\".sqlmesh__shop.shop__bestell___x__42");
  EXPECT_EQ(NameOf(Naming(R"("1a"."b""c")")), "sqlmesh__shop.\"1a__b_c__42\"");
}

TEST(PhysicalNamesTest, OtherConventions) {
  TableNaming naming = Naming(R"("wh"."shop"."orders")");
  naming.convention = "table_only";
  EXPECT_EQ(NameOf(naming), "wh.sqlmesh__shop.orders__42");
  naming.convention = "hash_md5";
  naming.physical_schema = "s";
  EXPECT_EQ(NameOf(naming), "wh.s.\"sqlmesh_md5__<wh.s.shop__orders__42>\"");
}

TEST(PhysicalNamesTest, SuffixAndOverride) {
  TableNaming naming = Naming(R"("wh"."shop"."orders")");
  naming.dev_table_suffix = "temp";
  EXPECT_EQ(NameOf(naming, true), "wh.sqlmesh__shop.shop__orders__42__temp");
  naming.base_table_name_override = "old.orders";
  EXPECT_EQ(NameOf(naming), "wh.sqlmesh__shop.old__orders__42");
}

TEST(PhysicalNamesTest, DevOnlyModelsHaveTheirOwnName) {
  TableNaming naming = Naming(R"("wh"."shop"."orders")");
  naming.dev_only = true;
  EXPECT_EQ(NameOf(naming), R"("wh"."shop"."orders")");
  EXPECT_EQ(NameOf(naming, true), "wh.sqlmesh__shop.shop__orders__42__dev");
}

TEST(PhysicalNamesTest, TheSchemaOfOldSnapshots) {
  EXPECT_EQ(DefaultPhysicalSchema(R"("wh"."shop"."orders")"), "sqlmesh__shop");
  EXPECT_EQ(DefaultPhysicalSchema("\"orders\""), "sqlmesh__default");
}

}  // namespace
}  // namespace stateserver::maintenance
