SELECT TRUE AS `k`
FROM `db`.`berth`