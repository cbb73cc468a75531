SELECT now() AS `k`
FROM `db`.`berth`