SELECT `db`.`berth`.`id`
FROM `db`.`berth` LIMIT 3