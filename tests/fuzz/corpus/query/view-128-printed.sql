SELECT `db`.`berth`.`id`
FROM `db`.`berth`
WHERE `db`.`berth`.`depth` > ((SELECT avg(`db`.`berth`.`depth`) AS `avg(depth)`
FROM `db`.`berth`))