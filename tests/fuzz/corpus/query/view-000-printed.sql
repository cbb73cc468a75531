SELECT `db`.`berth`.`id`
FROM `db`.`berth`