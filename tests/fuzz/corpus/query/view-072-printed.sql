SELECT max(`db`.`berth`.`built`) AS `k`
FROM `db`.`berth`