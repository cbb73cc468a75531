SELECT -1 * `db`.`berth`.`id` AS `k`
FROM `db`.`berth`