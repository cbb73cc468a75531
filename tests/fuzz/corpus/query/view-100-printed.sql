SELECT `db`.`berth`.`id`, last_value(`db`.`berth`.`pier` ignore nulls) OVER (ORDER BY `db`.`berth`.`id` ASC ) AS `k`
FROM `db`.`berth`