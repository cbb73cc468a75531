SELECT `db`.`berth`.`id`, `db`.`berth`.`pier`
FROM `db`.`berth`
WHERE (`db`.`berth`.`id` > 1) AND ((`db`.`berth`.`pier` = 'a') OR (`db`.`berth`.`depth` < 3))