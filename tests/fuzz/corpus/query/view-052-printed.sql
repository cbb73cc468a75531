SELECT ARRAY<TINYINT>[1, 2, 3] AS `k`
FROM `db`.`berth`