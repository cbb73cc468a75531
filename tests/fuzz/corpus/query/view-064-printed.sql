SELECT round(`db`.`berth`.`depth`, 1) AS `k`
FROM `db`.`berth`