(SELECT `db`.`berth`.`id`
FROM `db`.`berth`) UNION ALL (SELECT `db`.`ship`.`id`
FROM `db`.`ship` ORDER BY `db`.`ship`.`id` ASC  LIMIT 2)