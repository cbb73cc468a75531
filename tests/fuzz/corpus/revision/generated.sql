-- revision: 0162938d2e44
-- down_revision: 68ac268cbc96
-- message: add age and my_new_table
-- created: 2026-11-25T22:33:49Z
-- engine: 4.0.4
-- schema: 03c77263c7e21424 d10f0a157bb38ae9

-- +upgrade

-- step: object=`customers` class=metadata job=false destructive=false before=f2b30b6c81da0e8d after=33e15eeb81a2064c
ALTER TABLE `customers` ADD COLUMN `age` INT NULL COMMENT "in years" AFTER `country`;

-- step: object=`my_new_table` class=create job=false destructive=false before=-
CREATE TABLE `my_new_table` (
  `id` INT NOT NULL,
  `note` VARCHAR(50)
)
PRIMARY KEY(`id`)
DISTRIBUTED BY HASH(`id`) BUCKETS 2;

-- +downgrade

-- step: object=`my_new_table` destructive=true after=- undoes=2
DROP TABLE `my_new_table`;

-- step: object=`customers` class=metadata job=false destructive=true before=33e15eeb81a2064c after=f2b30b6c81da0e8d undoes=1
ALTER TABLE `customers` DROP COLUMN `age`;
